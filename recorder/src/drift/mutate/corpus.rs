//! Recorded cases as material: whole ones to start from, and what their steps are made of.

use super::super::random::Random;
use conformance::Case;
use conformance::case::Step;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub struct Corpus {
    pub cases: Vec<Case>,
    /// Values of a parameter, by operation and name; a value is here as often as it is used.
    values: BTreeMap<(String, String), Vec<Value>>,
    /// The same, whatever the operation.
    values_of_name: BTreeMap<String, Vec<Value>>,
}

impl Corpus {
    /// # Errors
    /// A file that is no case.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let mut cases = vec![];
        for file in crate::record::files(dir)? {
            let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            cases.push(Case::parse(&text).map_err(|e| format!("{}: {e}", file.display()))?);
        }
        let mut values: BTreeMap<_, Vec<Value>> = BTreeMap::new();
        let mut values_of_name: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for step in cases.iter().flat_map(|case| &case.steps) {
            for (name, value) in &step.params.0 {
                let key = (step.op.clone(), name.clone());
                values.entry(key).or_default().push(value.clone());
                let all = values_of_name.entry(name.clone()).or_default();
                all.push(value.clone());
            }
        }
        Ok(Self {
            cases,
            values,
            values_of_name,
        })
    }

    /// A value that a parameter could have instead.
    pub fn value(&self, op: &str, name: &str, random: &mut Random) -> Option<Value> {
        let key = (op.to_string(), name.to_string());
        let values = match self.values.get(&key) {
            Some(values) if random.is_within(80) => values,
            _ => self.values_of_name.get(name)?,
        };
        values.get(random.between(0, values.len())).cloned()
    }

    /// Some steps in a row of one case.
    pub fn stretch(&self, random: &mut Random) -> &[Step] {
        let Some(case) = self.cases.get(random.between(0, self.cases.len())) else {
            return &[];
        };
        let first = random.between(0, case.steps.len());
        let last = (first + random.between(1, 7)).min(case.steps.len());
        case.steps.get(first..last).unwrap_or_default()
    }
}
