//! What a browser or an edge worker downloads, and how large it may be.
use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Context, Result, ensure};

/// One thing that is downloaded.
pub struct Size {
    name: &'static str,
    file: &'static str,
    /// At most so many bytes with brotli at quality 11.
    bar: Option<u64>,
}

/// The modules themselves.
pub const MODULES: &[Size] = &[
    Size { name: "engine", file: "bindings-node/src/generated/engine_bg.wasm", bar: Some(150_000) },
    Size { name: "status", file: "bindings-node/src/generated/status_bg.wasm", bar: Some(16_000) },
];

/// Entries of the npm package, bundled and minified, with the module as text in them.
pub const ENTRIES: &[Size] = &[
    Size { name: "brownout", file: "bindings-node/dist/inline.js", bar: None },
    Size { name: "brownout/status", file: "bindings-node/dist/status.js", bar: None },
];

/// Of each file its bytes, with gzip, and with brotli; a script as a page would get it.
fn measure(place: &Place, files: &[&str]) -> Result<Vec<[u64; 3]>> {
    let output = place.output(place.program("node").arg("xtask/src/sizes.mjs").args(files))?;
    let read = |line: &str| -> Result<[u64; 3]> {
        let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().context(line.to_owned())?;
        numbers.try_into().map_err(|_| anyhow::anyhow!("three numbers expected, found `{line}`"))
    };
    let lines: Vec<[u64; 3]> = output.lines().map(read).collect::<Result<_>>()?;
    ensure!(lines.len() == files.len(), "`xtask/src/sizes.mjs` printed {} lines: {output}", lines.len());
    Ok(lines)
}

/// The bytes of each file with brotli at quality 11.
pub fn brotli(place: &Place, files: &[&str]) -> Result<Vec<u64>> {
    Ok(measure(place, files)?.into_iter().map(|[_, _, brotli]| brotli).collect())
}

/// Prints the sizes; one above its bar is a failure.
pub fn check(place: &Place, sizes: &[Size]) -> Result<Counts> {
    let files: Vec<&str> = sizes.iter().map(|size| size.file).collect();
    let mut counts = Counts::default();
    println!("{:16} {:>8} {:>8} {:>8} {:>8}", "bytes", "raw", "gzip", "brotli", "bar");
    for (size, [raw, gzip, brotli]) in sizes.iter().zip(measure(place, &files)?) {
        let within = size.bar.is_none_or(|bar| brotli <= bar);
        let bar = size.bar.map_or_else(|| "-".into(), |bar| bar.to_string());
        let verdict = if within { "" } else { "  above its bar" };
        println!("{:16} {raw:8} {gzip:8} {brotli:8} {bar:>8}{verdict}", size.name);
        if size.bar.is_some() {
            counts.add(Counts::check(within));
        }
    }
    Ok(counts)
}
