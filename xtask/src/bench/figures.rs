//! What was measured: samples by name, as the bench's programs print them, one line of JSON each.
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Figures and facts of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    figures: BTreeMap<String, Figure>,
    /// Versions and the machine.
    facts: BTreeMap<String, String>,
}

/// All samples of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub unit: String,
    pub samples: Vec<f64>,
}

impl Figure {
    pub fn median(&self) -> Option<f64> {
        median(&self.samples)
    }
}

/// The middle one, or the mean of the middle two.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some((upper + lower) / 2.0)
}

impl Figures {
    /// One line of a program's output. False: it is none of ours.
    pub fn read(&mut self, line: &str) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(line) else { return false };
        if let (Some(fact), Some(text)) = (value["fact"].as_str(), value["value"].as_str()) {
            self.facts.insert(fact.to_string(), text.to_string());
            return true;
        }
        let (Some(name), Some(unit), Some(samples)) =
            (value["figure"].as_str(), value["unit"].as_str(), value["samples"].as_array())
        else {
            return false;
        };
        samples.iter().filter_map(Value::as_f64).for_each(|sample| self.add(name, unit, sample));
        true
    }

    /// One more sample of a figure.
    pub fn add(&mut self, name: &str, unit: &str, sample: f64) {
        let figure =
            self.figures.entry(name.into()).or_insert_with(|| Figure { unit: unit.into(), samples: Vec::new() });
        figure.samples.push(sample);
    }

    pub fn fact(&mut self, name: &str, text: &str) {
        self.facts.insert(name.to_string(), text.to_string());
    }

    pub fn facts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.facts.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &Figure)> {
        self.figures.iter().map(|(name, figure)| (name.as_str(), figure))
    }

    /// The median of one figure.
    pub fn median(&self, name: &str) -> Option<f64> {
        self.figures.get(name)?.median()
    }

    /// The highest sample of one figure.
    pub fn highest(&self, name: &str) -> Option<f64> {
        self.figures.get(name)?.samples.iter().copied().reduce(f64::max)
    }

    /// How often one median is the other: for what was timed in processes of its own.
    pub fn against(&self, over: &str, under: &str) -> Option<f64> {
        Some(self.median(over)? / self.median(under)?)
    }

    /// How often one is the other, turn by turn: for what was timed in the same turns.
    pub fn ratio(&self, over: &str, under: &str) -> Option<f64> {
        let (a, b) = (self.figures.get(over)?, self.figures.get(under)?);
        let turns: Vec<f64> = a.samples.iter().zip(&b.samples).map(|(a, b)| a / b).collect();
        median(&turns)
    }

    /// The other's figures and facts in place of those of the same name.
    pub fn take(&mut self, other: &Figures) {
        self.figures.extend(other.figures.clone());
        self.facts.extend(other.facts.clone());
    }

    /// Without the figures of which this is true.
    pub fn forget(&mut self, which: impl Fn(&str) -> bool) {
        self.figures.retain(|name, _| !which(name));
    }

    /// As kept in the repository.
    pub fn to_json(&self) -> Result<String> {
        let figures: BTreeMap<&str, Value> = self
            .all()
            .map(|(name, f)| {
                let samples: Vec<f64> = f.samples.iter().map(|s| short(*s)).collect();
                (name, json!({ "unit": f.unit, "samples": samples }))
            })
            .collect();
        // One figure a line: what changed can be read in a diff.
        let lines: Result<Vec<String>> = figures
            .iter()
            .map(|(name, value)| Ok(format!("    {}: {}", json!(name), serde_json::to_string(value)?)))
            .collect();
        let facts = serde_json::to_string_pretty(&self.facts)?.replace('\n', "\n  ");
        Ok(format!("{{\n  \"facts\": {facts},\n  \"figures\": {{\n{}\n  }}\n}}\n", lines?.join(",\n")))
    }

    pub fn from_json(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("the saved figures are no JSON")?;
        let mut figures = Figures::default();
        for (fact, text) in value["facts"].as_object().into_iter().flatten() {
            figures.fact(fact, text.as_str().context("a fact is no text")?);
        }
        for (name, figure) in value["figures"].as_object().into_iter().flatten() {
            let mut figure = figure.clone();
            figure["figure"] = json!(name);
            figures.read(&figure.to_string());
        }
        Ok(figures)
    }
}

/// Five digits: more is noise.
fn short(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(lines: &[&str]) -> Figures {
        let mut figures = Figures::default();
        for line in lines {
            assert!(figures.read(line), "{line}");
        }
        figures
    }

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_taken_turn_by_turn() {
        let f = figures(&[
            r#"{"figure":"a","unit":"ns","samples":[10,40,30]}"#,
            r#"{"figure":"b","unit":"ns","samples":[5,10,15]}"#,
            r#"{"figure":"c","unit":"ns","samples":[10]}"#,
        ]);
        assert_eq!(f.ratio("a", "b"), Some(2.0));
        assert_eq!(f.against("a", "c"), Some(3.0));
        assert_eq!(f.against("a", "d"), None);
    }

    #[test]
    fn rounds_of_one_figure_add_up_and_other_lines_are_left_alone() {
        let mut f = figures(&[
            r#"{"figure":"a","unit":"ns","samples":[1]}"#,
            r#"{"figure":"a","unit":"ns","samples":[3]}"#,
            r#"{"fact":"node","value":"20.1.0"}"#,
        ]);
        assert_eq!(f.median("a"), Some(2.0));
        assert!(!f.read("a word of warning"));
        assert_eq!(f.facts().collect::<Vec<_>>(), [("node", "20.1.0")]);
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let f = figures(&[
            r#"{"figure":"a","unit":"ns","samples":[1.23456789,2]}"#,
            r#"{"figure":"b","unit":"MB","samples":[0]}"#,
            r#"{"fact":"node","value":"20.1.0"}"#,
        ]);
        let again = Figures::from_json(&f.to_json().expect("text")).expect("figures");
        assert_eq!(again.figures["a"].samples, [1.2346, 2.0]);
        assert_eq!(again.facts, f.facts);
        assert_eq!(again.to_json().expect("text"), f.to_json().expect("text"));
    }
}
