//! The words of a scene in one language: `key = text`, with further lines indented. A subset of
//! Fluent (projectfluent.org): messages without attributes, `{ $name }` as the only placeable.

use crate::SceneError;

/// Texts by key, in the order of the file. Lines of a text are kept apart by `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<(String, String)>);

impl Texts {
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(k, _)| k == key);
        found.map(|(_, text)| text.as_str())
    }
}

/// Reads a file of texts.
///
/// # Errors
/// A line that is neither a comment, `key = text` nor a continuation; a key that stands twice; a
/// placeable that is not a variable.
pub fn read(file: &str, text: &str) -> Result<Texts, SceneError> {
    let mut texts = Texts::default();
    for (number, line) in (1..).zip(text.lines()) {
        let fail = |reason: String| SceneError {
            file: file.into(),
            line: number,
            reason,
        };
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            // An empty line within a text parts its paragraphs; at its end it is trimmed below.
            if let Some((_, text)) = texts.0.last_mut() {
                text.push('\n');
            }
            continue;
        }
        let body = if line.starts_with(' ') {
            let Some((_, text)) = texts.0.last_mut() else {
                return Err(fail("an indented line continues no text".into()));
            };
            text.push('\n');
            text.push_str(line.trim());
            line
        } else {
            let Some((key, value)) = line.split_once('=') else {
                return Err(fail("expected key = text".into()));
            };
            let key = key.trim();
            if texts.get(key).is_some() {
                return Err(fail(format!("{key} stands twice")));
            }
            texts.0.push((key.into(), value.trim().into()));
            value
        };
        for open in body.split('{').skip(1) {
            let inner = open.split_once('}').map(|(inner, _)| inner.trim());
            if !inner.is_some_and(|inner| inner.starts_with('$')) {
                return Err(fail("only { $name } may stand in braces".into()));
            }
        }
    }
    for (_, text) in &mut texts.0 {
        let length = text.trim_end().len();
        text.truncate(length);
        let start = text.len() - text.trim_start().len();
        text.drain(..start);
    }
    Ok(texts)
}

/// Names of the variables in a text.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| {
        let (inner, _) = part.split_once('}')?;
        inner.trim().strip_prefix('$')
    })
}

/// A text with its variables filled in by `value`; one that has none is shown as its name.
pub fn fill(text: &str, value: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut parts = text.split('{');
    let mut result: String = parts.next().unwrap_or("").into();
    for part in parts {
        let Some((inner, after)) = part.split_once('}') else {
            result.push('{');
            result.push_str(part);
            continue;
        };
        let name = inner.trim().trim_start_matches('$');
        match value(name) {
            Some(value) => result.push_str(&value),
            None => result.push_str(name),
        }
        result.push_str(after);
    }
    result
}
