//! Reading and writing small pieces of text: quoted strings, numbers, words.
//!
//! Scripts and system calls share this, so that a string looks the same in both.

use std::fmt::{self, Write};

/// What is wrong with a text, and at which character of its line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    pub column: usize,
    pub message: String,
}

/// Reads a line from left to right.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    line: &'a str,
    /// Byte offset of the next character. Invariant: on a character boundary.
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }

    /// What is left of the line.
    pub fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or("")
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// An error at the present place.
    pub fn error(&self, message: impl Into<String>) -> TextError {
        let before = self.line.get(..self.at).unwrap_or(self.line);
        TextError {
            column: before.chars().count() + 1,
            message: message.into(),
        }
    }

    pub fn skip_blanks(&mut self) {
        while let Some(' ' | '\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Whether nothing but blanks and a comment follows.
    pub fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        matches!(self.peek(), None | Some('#'))
    }

    /// Takes `expected` if it is next.
    pub fn take(&mut self, expected: char) -> Option<()> {
        if self.peek()? != expected {
            return None;
        }
        self.at += expected.len_utf8();
        Some(())
    }

    /// Takes `expected`, which must be next.
    ///
    /// # Errors
    /// Says what was found instead.
    pub fn expect(&mut self, expected: char) -> Result<(), TextError> {
        match self.take(expected) {
            Some(()) => Ok(()),
            None => Err(self.error(format!("expected '{expected}', found {}", self.found()))),
        }
    }

    /// What stands at the present place, for a message.
    pub fn found(&self) -> String {
        match self.peek() {
            None => "the end of the line".into(),
            Some(c) if c.is_ascii() => format!("'{}'", c.escape_default()),
            Some(c) => format!("'{c}'"),
        }
    }

    /// Characters as long as they fit.
    pub fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    /// Letters, digits and underscores.
    ///
    /// # Errors
    /// Nothing of the kind is next.
    pub fn word(&mut self, what: &str) -> Result<&'a str, TextError> {
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if word.is_empty() {
            return Err(self.error(format!("expected {what}, found {}", self.found())));
        }
        Ok(word)
    }

    /// A whole number: decimal, `0x` hexadecimal or `0o` octal, with a sign where it may be
    /// negative.
    ///
    /// # Errors
    /// Not a number, or one that does not fit into `T`.
    pub fn number<T: TryFrom<i128>>(&mut self, what: &str) -> Result<T, TextError> {
        let start = self.clone();
        let number = self.whole_number(what)?;
        T::try_from(number).map_err(|_| start.error(format!("{what} is out of range")))
    }

    fn whole_number(&mut self, what: &str) -> Result<i128, TextError> {
        let start = self.clone();
        let negative = self.take('-').is_some();
        let digits = self.take_while(|c| c.is_ascii_alphanumeric());
        let (digits, radix) = match digits.get(..2) {
            Some("0x") => (digits.get(2..).unwrap_or(""), 16),
            Some("0o") => (digits.get(2..).unwrap_or(""), 8),
            _ => (digits, 10),
        };
        if digits.is_empty() {
            return Err(start.error(format!("expected {what}, found {}", start.found())));
        }
        let Ok(size) = i128::from_str_radix(digits, radix) else {
            return Err(start.error(format!("{what} is not a whole number")));
        };
        Ok(if negative { -size } else { size })
    }

    /// A string in double quotes, with the escapes that [`quote`] writes.
    ///
    /// # Errors
    /// No quote, an unknown escape, or no end.
    pub fn quoted(&mut self, what: &str) -> Result<String, TextError> {
        let start = self.clone();
        if self.take('"').is_none() {
            return Err(self.error(format!("expected {what} in quotes, found {}", self.found())));
        }
        let mut text = String::new();
        loop {
            let here = self.clone();
            let Some(c) = self.next_char() else {
                return Err(start.error(format!("{what} has no closing quote")));
            };
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape(&here)?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, start: &Scanner<'_>) -> Result<char, TextError> {
        let unknown = || start.error("unknown escape: \\n \\r \\t \\\\ \\\" \\u{hex} are known");
        match self.next_char() {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('\\') => Ok('\\'),
            Some('"') => Ok('"'),
            Some('u') => {
                self.take('{').ok_or_else(unknown)?;
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                self.take('}').ok_or_else(unknown)?;
                let code = u32::from_str_radix(digits, 16).map_err(|_| unknown())?;
                char::from_u32(code).ok_or_else(|| start.error("not a Unicode character"))
            }
            Some(_) | None => Err(unknown()),
        }
    }

    fn next_char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }
}

/// Writes a string in double quotes: on one line, and readable where it can be.
///
/// # Errors
/// Those of the formatter.
pub fn quote(to: &mut impl Write, text: &str) -> fmt::Result {
    to.write_char('"')?;
    for c in text.chars() {
        match c {
            '\n' => to.write_str("\\n")?,
            '\r' => to.write_str("\\r")?,
            '\t' => to.write_str("\\t")?,
            '\\' => to.write_str("\\\\")?,
            '"' => to.write_str("\\\"")?,
            // Control characters, and those that turn or hide what stands around them.
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
            {
                write!(to, "\\u{{{:x}}}", u32::from(c))?;
            }
            c => to.write_char(c)?,
        }
    }
    to.write_char('"')
}
