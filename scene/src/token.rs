//! A line as tokens.

use crate::Fault;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Letters, digits, `-`, `_`, `:`, `.`; begins with a letter, or is a number with a unit.
    Word(String),
    Int(i64),
    /// In double quotes, escapes resolved.
    Text(String),
    /// `==`, `(`, `+`, ...
    Sign(&'static str),
}

const SIGNS: [&str; 13] = [
    "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "/", "(", ")", ",",
];

/// Tokens of a line, read from the left.
#[derive(Clone, Debug)]
pub struct Tokens {
    tokens: Vec<Token>,
    at: usize,
}

impl Tokens {
    /// # Errors
    /// A character that begins no token, an open quote, an unknown escape, a number too large.
    pub fn of(line: &str) -> Result<Self, Fault> {
        let mut tokens = Vec::new();
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            if first == '#' {
                break;
            }
            if first == '"' {
                let (text, after) = quoted(rest.get(1..).unwrap_or(""))?;
                tokens.push(Token::Text(text));
                rest = after.trim_start();
                continue;
            }
            let length = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')))
                .unwrap_or(rest.len());
            if first.is_ascii_alphanumeric() {
                let (word, after) = rest.split_at(length);
                tokens.push(if word.bytes().all(|b| b.is_ascii_digit()) {
                    let number = word.parse().map_err(|_| format!("{word} is too large"))?;
                    Token::Int(number)
                } else {
                    Token::Word(word.into())
                });
                rest = after.trim_start();
                continue;
            }
            let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
                return Err(format!("'{first}' begins nothing that is known"));
            };
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or("").trim_start();
        }
        Ok(Self { tokens, at: 0 })
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Takes `sign` if it is next.
    pub fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes the word `word` if it is next.
    pub fn take_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(is_next);
        is_next
    }

    /// # Errors
    /// Something else is next.
    pub fn word(&mut self, what: &str) -> Result<String, Fault> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(expected(what, other)),
        }
    }

    /// # Errors
    /// Something else is next.
    pub fn text(&mut self, what: &str) -> Result<String, Fault> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(expected(what, other)),
        }
    }

    /// # Errors
    /// The line goes on.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.next() {
            None => Ok(()),
            other => Err(expected("the end of the line", other)),
        }
    }
}

/// The message for a token that stands in another's place.
pub fn expected(what: &str, found: Option<Token>) -> Fault {
    let found = match found {
        None => "the end of the line".into(),
        Some(Token::Word(word)) => word,
        Some(Token::Int(number)) => number.to_string(),
        Some(Token::Text(text)) => format!("\"{text}\""),
        Some(Token::Sign(sign)) => sign.into(),
    };
    format!("expected {what}, found {found}")
}

/// The text up to the closing quote, and what follows it.
fn quoted(from: &str) -> Result<(String, &str), Fault> {
    let mut text = String::new();
    let mut chars = from.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((text, from.get(at + 1..).unwrap_or(""))),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                Some(c @ ('"' | '\\')) => text.push(c),
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                    let code = u8::from_str_radix(&digits, 16)
                        .map_err(|_| "\\x takes two hexadecimal digits".to_string())?;
                    text.push(char::from(code));
                }
                _ => return Err("known escapes are \\n \\\" \\\\ \\xNN".into()),
            },
            c => text.push(c),
        }
    }
    Err("a quote is not closed".into())
}
