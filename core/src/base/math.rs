//! The only place for functions that are not plain arithmetic. They come from `libm`, so native and wasm agree to the last bit.
//!
//! A machine's own `exp` or `ln` may differ in the last digit; a threshold compared with it would then differ too.

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}
/// e to the power of `x`, minus one; exact near zero.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}
/// The natural logarithm; −∞ at 0, NaN below.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}
/// The natural logarithm of `1 + x`; exact near zero.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}
/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}
/// The square root, correctly rounded; NaN below zero.
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the six functions as bits, each within one unit of the last place; a wasm build must give the same.
    #[test]
    fn the_bits_are_pinned() {
        let cases: [(f64, u64); 12] = [
            (exp(1.0), 0x4005_bf0a_8b14_576a),
            (exp(-0.5), 0x3fe3_68b2_fc6f_960a),
            (exp_m1(1e-10), 0x3ddb_7cdf_d9dd_a4e3),
            (exp_m1(-1.0), 0xbfe4_3a54_e4e9_8864),
            (ln(2.0), 0x3fe6_2e42_fefa_39ef),
            (ln(10.0), 0x4002_6bb1_bbb5_5516),
            (ln_1p(1e-10), 0x3ddb_7cdf_d9d1_d693),
            (ln_1p(1.0), 0x3fe6_2e42_fefa_39ef),
            (pow(2.0, 0.5), 0x3ff6_a09e_667f_3bcd),
            (pow(0.5, 10.0), 0x3f50_0000_0000_0000),
            (sqrt(2.0), 0x3ff6_a09e_667f_3bcd),
            (sqrt(0.25), 0x3fe0_0000_0000_0000),
        ];
        for (n, (value, bits)) in cases.iter().enumerate() {
            assert_eq!(value.to_bits(), *bits, "case {n}: {value}");
        }
    }
    #[test]
    fn the_edges_are_those_of_ieee_754() {
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert!(ln(-1.0).is_nan() && sqrt(-1.0).is_nan());
        assert_eq!((exp(-1e9), exp(1e9)), (0.0, f64::INFINITY));
    }
}
