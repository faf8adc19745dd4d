//! Text that points: `[words](target)`, `*emphasis*` and `` `code` ``.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run<'a> {
    Plain(&'a str),
    Strong(&'a str),
    Code(&'a str),
    /// Words, and what they point at on the stage.
    Pointer(&'a str, &'a str),
}

/// Pieces of a paragraph, in order. What does not close stands as it is.
pub fn runs(text: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['[', '*', '`'])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or("");
        match piece(rest) {
            Some((run, length)) => {
                push_plain(&mut runs, text.get(plain..start));
                runs.push(run);
                plain = start + length;
                at = plain;
            }
            None => at = start + 1,
        }
    }
    push_plain(&mut runs, text.get(plain..));
    runs
}

fn push_plain<'a>(runs: &mut Vec<Run<'a>>, text: Option<&'a str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        runs.push(Run::Plain(text));
    }
}

/// The piece that `rest` begins with, and its length in bytes.
fn piece(rest: &str) -> Option<(Run<'_>, usize)> {
    let mark = rest.get(..1)?;
    let inner = rest.get(1..)?;
    if mark == "[" {
        let (words, after) = inner.split_once("](")?;
        let (target, _) = after.split_once(')')?;
        if words.contains('[') || target.contains(' ') {
            return None;
        }
        let length = 1 + words.len() + 2 + target.len() + 1;
        return Some((Run::Pointer(words, target), length));
    }
    let (words, _) = inner.split_once(mark)?;
    if words.is_empty() || words.starts_with(' ') {
        return None;
    }
    let run = if mark == "*" {
        Run::Strong(words)
    } else {
        Run::Code(words)
    };
    Some((run, words.len() + 2))
}

/// Whether a pointer's target is one that the stage has.
pub fn is_target(target: &str) -> bool {
    match target.split_once(':') {
        Some(("window" | "row" | "frames" | "bytes", program)) => !program.is_empty(),
        Some(("band", band)) => matches!(band, "user" | "kernel" | "hardware"),
        Some(_) => false,
        None => matches!(
            target,
            "box"
                | "gate-above"
                | "gate-below"
                | "tasks"
                | "cpus"
                | "ram"
                | "time"
                | "worlds"
                | "launcher"
                | "disk"
                | "eyes"
                | "details"
                | "panel"
                | "tlb"
        ),
    }
}
