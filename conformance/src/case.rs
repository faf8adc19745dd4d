//! Case files: one JSON object each, with an id, a topic and steps.

use serde_json::{Map, Value};
use std::fmt;

/// Largest file that is read.
const BYTES_MAX: usize = 4 << 20;

#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: String,
    pub topic: String,
    pub title: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Who acts: a process by name, or `ctl`, the observer.
    pub actor: String,
    pub op: String,
    /// Everything else but `out` and `note`.
    pub params: Params,
    /// The recorded outcome; none in a case that is still to be recorded.
    pub out: Option<Value>,
}

/// Parameters of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(pub Map<String, Value>);

/// What is wrong with a case file, and in which step (counted from 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    pub step: Option<usize>,
    pub reason: String,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "step {step}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for CaseError {}

fn whole(reason: impl Into<String>) -> CaseError {
    CaseError {
        step: None,
        reason: reason.into(),
    }
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Text that is not JSON, or not of the form of a case: what, and in which step.
    pub fn parse(text: &str) -> Result<Case, CaseError> {
        if text.len() > BYTES_MAX {
            return Err(whole(format!("longer than {BYTES_MAX} bytes")));
        }
        let value: Value = serde_json::from_str(text).map_err(|e| whole(e.to_string()))?;
        let Value::Object(mut object) = value else {
            return Err(whole("a case is an object"));
        };
        let steps = match object.remove("steps") {
            Some(Value::Array(steps)) => steps,
            Some(_) => return Err(whole("'steps' is a list")),
            None => return Err(whole("'steps' is missing")),
        };
        let mut text_of = |name: &str| match object.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(whole(format!("'{name}' is a text"))),
            None => Err(whole(format!("'{name}' is missing"))),
        };
        let (id, topic) = (text_of("id")?, text_of("topic")?);
        let title = text_of("title").unwrap_or_default();
        let steps = steps
            .into_iter()
            .enumerate()
            .map(|(at, value)| {
                Step::parse(value).map_err(|reason| CaseError {
                    step: Some(at),
                    reason,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Case {
            id,
            topic,
            title,
            steps,
        })
    }

    /// The case as a file, one step per line.
    pub fn to_text(&self) -> String {
        let quote = |text: &str| Value::from(text).to_string();
        let steps: Vec<String> = self
            .steps
            .iter()
            .map(|step| format!("  {}", step.to_value()))
            .collect();
        format!(
            "{{\n \"id\": {},\n \"topic\": {},\n \"title\": {},\n \"steps\": [\n{}\n ]\n}}\n",
            quote(&self.id),
            quote(&self.topic),
            quote(&self.title),
            steps.join(",\n")
        )
    }
}

impl Step {
    fn parse(value: Value) -> Result<Step, String> {
        let Value::Object(mut params) = value else {
            return Err("a step is an object".into());
        };
        let mut text_of = |name: &str| match params.shift_remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("'{name}' is a text")),
            None => Err(format!("'{name}' is missing")),
        };
        let (actor, op) = (text_of("p")?, text_of("op")?);
        let out = params.shift_remove("out");
        params.shift_remove("note");
        for (name, value) in &params {
            if !matches!(value, Value::String(_) | Value::Number(_)) {
                return Err(format!("'{name}' is a text or a number"));
            }
        }
        Ok(Step {
            actor,
            op,
            params: Params(params),
            out,
        })
    }

    fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("p".into(), self.actor.clone().into());
        object.insert("op".into(), self.op.clone().into());
        object.extend(self.params.0.clone());
        if let Some(out) = &self.out {
            object.insert("out".into(), out.clone());
        }
        Value::Object(object)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.actor, self.op)?;
        for (name, value) in &self.params.0 {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}

impl Params {
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text, or a number as text.
    pub fn text_or_none(&self, name: &str) -> Option<String> {
        Some(match self.0.get(name)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// # Errors
    /// The parameter is missing.
    pub fn text(&self, name: &str) -> Result<String, String> {
        self.text_or_none(name)
            .ok_or_else(|| format!("parameter '{name}' is missing"))
    }

    /// # Errors
    /// The parameter is there and is not a whole number.
    pub fn number_or(&self, name: &str, default: i64) -> Result<i64, String> {
        match self.text_or_none(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("parameter '{name}' is not a number: '{text}'")),
        }
    }

    /// # Errors
    /// The parameter is missing or not a whole number.
    pub fn number(&self, name: &str) -> Result<i64, String> {
        self.text(name)?;
        self.number_or(name, 0)
    }

    /// A number as an `int` of C takes it: its lower 32 bits. Ids are such, too.
    ///
    /// # Errors
    /// As [`Params::number`].
    pub fn int(&self, name: &str) -> Result<i32, String> {
        Ok(self.number(name)? as i32)
    }

    /// As [`Params::int`], with a default.
    ///
    /// # Errors
    /// As [`Params::int`], but for a missing one.
    pub fn int_or(&self, name: &str, default: i32) -> Result<i32, String> {
        if self.has(name) {
            self.int(name)
        } else {
            Ok(default)
        }
    }

    /// An octal mode.
    ///
    /// # Errors
    /// The parameter is there and is not octal.
    pub fn mode_or(&self, name: &str, default: u16) -> Result<u16, String> {
        match self.text_or_none(name) {
            None => Ok(default),
            Some(text) => u16::from_str_radix(&text, 8)
                .map_err(|_| format!("parameter '{name}' is not an octal mode: '{text}'")),
        }
    }

    /// Whether a flag is set: 1 or absent.
    ///
    /// # Errors
    /// The parameter is there and is not a number.
    pub fn flag(&self, name: &str) -> Result<bool, String> {
        Ok(self.number_or(name, 0)? != 0)
    }

    /// A list with commas, empty ones left out.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text_or_none(name).unwrap_or_default();
        text.split(',')
            .filter(|word| !word.is_empty())
            .map(str::to_string)
            .collect()
    }
}
