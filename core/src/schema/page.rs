//! The tables of a page of the documentation: what a field means, in the words that people read there.
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A page's fields by section.
#[derive(Clone, Debug, Default)]
pub struct Page {
    meanings: BTreeMap<(String, String), String>,
}

impl Page {
    /// Reads every table whose first column is `field` and whose last is `meaning`, under the heading that it stands below.
    pub fn read(markdown: &str) -> Page {
        let (mut section, mut inside) = (String::new(), false);
        let mut meanings = BTreeMap::new();
        for line in markdown.lines() {
            if let Some(heading) = line.strip_prefix('#') {
                section = heading.trim_start_matches('#').trim().to_string();
            }
            inside = line.starts_with("| field |") || (inside && line.starts_with('|'));
            let Some((field, rest)) = line.strip_prefix("| `").filter(|_| inside).and_then(|l| l.split_once('`'))
            else {
                continue;
            };
            let cells: Vec<&str> = rest.trim_end().trim_end_matches('|').split('|').collect();
            if let Some(meaning) = cells.last() {
                meanings.insert((section.clone(), field.to_string()), plain(meaning.trim()));
            }
        }
        Page { meanings }
    }
    /// What a field of a section means.
    pub fn meaning(&self, section: &str, field: &str) -> Option<&str> {
        self.meanings.get(&(section.to_string(), field.to_string())).map(String::as_str)
    }
}

/// Links without their targets: `[limit](#limit)` is `limit`.
fn plain(cell: &str) -> String {
    let mut out = String::new();
    let mut rest = cell;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((text, tail)) = after.split_once("](") else { break };
        let Some((_, tail)) = tail.split_once(')') else { break };
        out.push_str(before);
        out.push_str(text);
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_its_section_and_without_its_links() {
        let page = Page::read(
            "## a\n\n| field | type | meaning |\n|---|---|---|\n| `x` | word | see [b](#b) and [c](#c) |\n| `y.z` | | one |\n\n| word | meaning |\n|---|---|\n| `x` | not this |\n",
        );
        assert_eq!(page.meaning("a", "x"), Some("see b and c"));
        assert_eq!(page.meaning("a", "y.z"), Some("one"));
        assert_eq!(page.meaning("b", "x"), None);
    }
}
