//! What two outputs of one command do not share.

/// A piece of a line, marked if the other side does not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Same,
    Different,
}

/// The output of the last run of `command` on a terminal: what follows its echo behind a prompt,
/// up to the next prompt.
pub fn output_of<'a>(lines: &'a [String], command: &str) -> &'a [String] {
    let is_echo = |line: &String| {
        line.split_once("# ")
            .is_some_and(|(_, typed)| typed.trim_end() == command)
    };
    let Some(echo) = lines.iter().rposition(is_echo) else {
        return &[];
    };
    let rest = &lines[echo + 1..];
    let is_prompt = |line: &String| {
        line.ends_with('#') && !line.contains(' ') || line.contains("# ") && !line.starts_with('#')
    };
    let end = rest.iter().position(is_prompt).unwrap_or(rest.len());
    &rest[..end]
}

/// Cuts a line into words and the blanks between them.
fn words(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut blank = None;
    for (at, c) in line.char_indices() {
        if blank.is_some_and(|b| b != c.is_whitespace()) {
            parts.push(&line[start..at]);
            start = at;
        }
        blank = Some(c.is_whitespace());
    }
    if start < line.len() {
        parts.push(&line[start..]);
    }
    parts
}

fn tokens(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// The line of the other side to compare with: the same text, else the one that ends in the
/// same word (in `ps` that is the name), else the one in the same place if there is just one.
fn counterpart<'a>(line: &str, other: &'a [String]) -> Option<&'a String> {
    let last = tokens(line).last().copied();
    other
        .iter()
        .find(|o| o.as_str() == line)
        .or_else(|| {
            other
                .iter()
                .find(|o| last.is_some() && tokens(o).last().copied() == last)
        })
        .or_else(|| {
            if other.len() == 1 {
                other.first()
            } else {
                None
            }
        })
}

/// The lines of one side with marks against the other.
pub fn mark(lines: &[String], other: &[String]) -> Vec<Vec<Piece>> {
    lines
        .iter()
        .map(|line| {
            let against = counterpart(line, other).map(|o| tokens(o));
            let mut nth = 0;
            words(line)
                .into_iter()
                .map(|word| {
                    let blank = word.trim().is_empty();
                    let same = blank || against.as_ref().is_some_and(|t| t.get(nth) == Some(&word));
                    nth += usize::from(!blank);
                    let mark = if same { Mark::Same } else { Mark::Different };
                    Piece {
                        text: word.to_string(),
                        mark,
                    }
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(String::from).collect()
    }

    fn marked(side: &str, other: &str) -> Vec<String> {
        let pieces = mark(&lines(side), &lines(other));
        let different = pieces
            .into_iter()
            .flatten()
            .filter(|p| p.mark == Mark::Different);
        different.map(|p| p.text).collect()
    }

    #[test]
    fn the_same_process_differs_in_its_number() {
        let host = "  PID TTY CMD\n    1 ? init\n    7 tty4 ppt";
        let inside = "  PID TTY CMD\n    1 tty4 ppt";
        assert_eq!(marked(host, inside), ["1", "?", "init", "7"]);
        assert_eq!(marked(inside, host), ["1"]);
    }

    #[test]
    fn one_line_answers_are_compared() {
        assert_eq!(marked("host", "deck"), ["host"]);
        assert_eq!(marked("uid=0", "uid=0"), Vec::<String>::new());
    }

    #[test]
    fn the_last_output_is_found() {
        let terminal = lines("host# ps\nold\nhost# ps\nnew 1\nnew 2\nhost#");
        assert_eq!(output_of(&terminal, "ps"), ["new 1", "new 2"]);
        assert!(output_of(&terminal, "id").is_empty());
    }
}
