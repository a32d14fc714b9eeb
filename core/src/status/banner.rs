//! The one sentence that a page shows while something is limited, and the names in it.
use crate::base::write::join;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What people call a service or feature, by language; the empty language stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Titles(Vec<(String, String)>);

impl Titles {
    /// Adds a title; the first of a language stays.
    pub fn add(&mut self, lang: &str, title: &str) {
        if !self.0.iter().any(|(l, _)| l == lang) {
            self.0.push((lang.to_string(), title.to_string()));
        }
    }
    /// The title in `lang`, else in its language without the region, else in `default_lang`, else the one for all, else the first.
    pub fn pick(&self, lang: &str, default_lang: &str) -> Option<&str> {
        let base = primary(lang);
        [lang, base, default_lang, ""]
            .into_iter()
            .find_map(|l| self.0.iter().find(|(have, _)| have.eq_ignore_ascii_case(l)))
            .or_else(|| self.0.first())
            .map(|(_, title)| title.as_str())
    }
    /// All titles: language, title.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(l, t)| (l.as_str(), t.as_str()))
    }
    /// In how many languages?
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `es` of `es-AR`.
fn primary(lang: &str) -> &str {
    lang.split(['-', '_']).next().unwrap_or(lang)
}

/// The sentence before the names: Spanish or English; any other language takes the default's, and at last English.
fn lead(lang: &str, default_lang: &str) -> &'static str {
    [lang, default_lang]
        .into_iter()
        .find_map(|l| match primary(l) {
            b if b.eq_ignore_ascii_case("es") => Some("Algunas funciones están temporalmente limitadas: "),
            b if b.eq_ignore_ascii_case("en") => Some("Some features are temporarily limited: "),
            _ => None,
        })
        .unwrap_or("Some features are temporarily limited: ")
}

/// The banner for the names of what is limited; `None` when there are none.
pub fn text<'a>(lang: &str, default_lang: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() {
        return None;
    }
    Some(lead(lang, default_lang).to_string() + &join(&names, ", "))
}

/// The banner for a list of features: key, title. A feature without a title is named by its key.
pub fn for_features<'a>(
    lang: &str,
    default_lang: &str,
    limited: impl IntoIterator<Item = (&'a str, &'a Titles)>,
) -> Option<String> {
    text(lang, default_lang, limited.into_iter().map(|(key, titles)| titles.pick(lang, default_lang).unwrap_or(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(list: &[(&str, &str)]) -> Titles {
        let mut t = Titles::default();
        list.iter().for_each(|(l, s)| t.add(l, s));
        t
    }

    // covers: R-1128, R-1129, E-28
    #[test]
    fn the_sentence_is_exact_and_absent_when_nothing_is_limited() {
        let ai = titles(&[("es", "IA de WhatsApp"), ("en", "WhatsApp AI")]);
        let voice = titles(&[("es", "Reportes por voz")]);
        let none = Titles::default();
        let all = [("ai.whatsapp", &ai), ("ai.voice", &voice), ("notifications.push", &none)];
        assert_eq!(
            for_features("es", "en", all).as_deref(),
            Some(
                "Algunas funciones están temporalmente limitadas: IA de WhatsApp, Reportes por voz, notifications.push"
            )
        );
        assert_eq!(
            for_features("en", "en", all).as_deref(),
            Some("Some features are temporarily limited: WhatsApp AI, Reportes por voz, notifications.push")
        );
        assert_eq!(for_features("es", "en", []), None);
    }
    #[test]
    fn a_language_falls_back_in_order() {
        let t = titles(&[("es", "Pagos"), ("en", "Payments"), ("pt-BR", "Pagamentos")]);
        assert_eq!(t.pick("es-AR", "en"), Some("Pagos"));
        assert_eq!(t.pick("PT-br", "en"), Some("Pagamentos"));
        assert_eq!(t.pick("fr", "en"), Some("Payments"));
        assert_eq!(t.pick("fr", "de"), Some("Pagos"));
        assert_eq!(titles(&[("", "AFIP")]).pick("es", "en"), Some("AFIP"));
        assert_eq!(text("fr", "es", ["X"]).as_deref(), Some("Algunas funciones están temporalmente limitadas: X"));
    }
}
