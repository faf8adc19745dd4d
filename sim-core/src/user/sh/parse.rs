//! From a line to commands (POSIX.1-2017, XCU 2). What is not modelled of the language is refused
//! by name, and nothing of the line is run then.

/// A word, as far as it is known before it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Parameter(Parameter),
}

/// Special parameters; there is no environment, and so there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `$?`
    Status,
    /// `$$`
    Shell,
    /// `$!`
    Background,
}

/// One program of a pipeline, with its redirections in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    pub fd: i32,
    pub to: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(Word, Mode),
    /// `2>&1`
    Fd(i32),
}

/// `<`, `>` or `>>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Truncate,
    Append,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Foreground,
    Background,
}

/// When a pipeline is run, by what the one before it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// `&&`
    Succeeded,
    /// `||`
    Failed,
}

/// Programs joined by pipes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub when: When,
    pub commands: Vec<Command>,
    pub ground: Ground,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(Word),
    /// The descriptor, and how its file is opened.
    Redirect(i32, Mode),
    /// `N>&`: a descriptor follows.
    Duplicate(i32),
    Operator(&'static str),
}

/// The longest first.
const OPERATORS: [&str; 5] = ["&&", "||", "|", ";", "&"];

/// Splits a line. The error says what is wrong, as `sh` would.
pub fn line(text: &str) -> Result<Vec<Pipeline>, String> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let (mut commands, mut command) = (Vec::new(), Command::default());
    let mut when = When::Always;
    let mut tokens = tokens(text)?.into_iter().chain([Token::Operator("")]);
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => command.words.push(word),
            Token::Redirect(fd, mode) => {
                let Some(Token::Word(path)) = tokens.next() else {
                    return Err(unexpected("newline"));
                };
                let to = Target::File(path, mode);
                command.redirects.push(Redirect { fd, to });
            }
            Token::Duplicate(fd) => {
                let word = match tokens.next() {
                    Some(Token::Word(word)) => word.plain().and_then(|text| text.parse().ok()),
                    Some(_) | None => None,
                };
                let from = word.ok_or("Syntax error: Bad fd number")?;
                let to = Target::Fd(from);
                command.redirects.push(Redirect { fd, to });
            }
            Token::Operator(operator) => {
                let is_empty = command.words.is_empty() && command.redirects.is_empty();
                let awaits_more = !commands.is_empty() || when != When::Always;
                match operator {
                    "" if is_empty && awaits_more => return Err(unexpected("end of file")),
                    "" if is_empty => break,
                    operator if is_empty => return Err(unexpected(&format!("\"{operator}\""))),
                    _ => {}
                }
                commands.push(std::mem::take(&mut command));
                if operator == "|" {
                    continue;
                }
                let ground = match operator {
                    "&" => Ground::Background,
                    _ => Ground::Foreground,
                };
                if ground == Ground::Background && when != When::Always {
                    return Err("not modelled: a list with && or || in the background".into());
                }
                let commands = std::mem::take(&mut commands);
                pipelines.push(Pipeline {
                    when,
                    commands,
                    ground,
                });
                when = match operator {
                    "&&" => When::Succeeded,
                    "||" => When::Failed,
                    _ => When::Always,
                };
            }
        }
    }
    Ok(pipelines)
}

fn unexpected(what: &str) -> String {
    format!("Syntax error: {what} unexpected")
}

impl Word {
    fn push(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            Some(Part::Parameter(_)) | None => self.0.push(Part::Text(c.into())),
        }
    }

    /// The text of a word, if it has no parameters.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.peek().copied() {
        match c {
            ' ' | '\t' => {
                chars.next();
                continue;
            }
            '#' => break,
            '<' | '>' => tokens.push(redirect(&mut chars, None)?),
            _ => match operator(&mut chars) {
                Some(operator) => tokens.push(Token::Operator(operator)),
                None => {
                    let word = word(&mut chars)?;
                    // A number right in front of a redirection is its descriptor.
                    let is_followed = matches!(chars.peek(), Some('<' | '>'));
                    let fd = word.plain().and_then(|text| text.parse().ok());
                    tokens.push(match fd.filter(|_| is_followed) {
                        Some(fd) => redirect(&mut chars, Some(fd))?,
                        None => Token::Word(word),
                    });
                }
            },
        }
    }
    Ok(tokens)
}

fn operator(chars: &mut Chars<'_>) -> Option<&'static str> {
    let mut ahead = chars.clone();
    let (first, second) = (ahead.next()?, ahead.next());
    let found = OPERATORS.into_iter().find(|operator| {
        let mut wanted = operator.chars();
        wanted.next() == Some(first) && wanted.next().is_none_or(|c| Some(c) == second)
    })?;
    found.chars().for_each(|_| {
        chars.next();
    });
    Some(found)
}

fn redirect(chars: &mut Chars<'_>, fd: Option<i32>) -> Result<Token, String> {
    let reads = chars.next() == Some('<');
    Ok(match (reads, chars.peek()) {
        (true, Some('<' | '&' | '>')) => return Err("not modelled: << <& <>".into()),
        (true, _) => Token::Redirect(fd.unwrap_or(0), Mode::Read),
        (false, Some('>')) => {
            chars.next();
            Token::Redirect(fd.unwrap_or(1), Mode::Append)
        }
        (false, Some('&')) => {
            chars.next();
            Token::Duplicate(fd.unwrap_or(1))
        }
        (false, _) => Token::Redirect(fd.unwrap_or(1), Mode::Truncate),
    })
}

fn word(chars: &mut Chars<'_>) -> Result<Word, String> {
    // An empty string in quotes is a word, too.
    let mut word = Word(Vec::new());
    while let Some(c) = chars.next_if(|c| !" \t|;&<>".contains(*c)) {
        match c {
            '\'' | '"' => {
                if word.0.is_empty() {
                    word.0.push(Part::Text(String::new()));
                }
                loop {
                    match chars.next() {
                        Some(end) if end == c => break,
                        Some('$') if c == '"' => parameter(chars, &mut word)?,
                        Some('`') if c == '"' => return Err("not modelled: `".into()),
                        Some('\\') if c == '"' => escaped(chars, &mut word),
                        Some(inner) => word.push(inner),
                        None => return Err("Syntax error: Unterminated quoted string".into()),
                    }
                }
            }
            '\\' => word.push(chars.next().unwrap_or('\\')),
            '$' => parameter(chars, &mut word)?,
            '`' | '*' => return Err(format!("not modelled: {c}")),
            '(' | ')' => return Err(unexpected(&format!("\"{c}\""))),
            c => word.push(c),
        }
    }
    Ok(word)
}

/// Between double quotes a backslash stands for itself but before what would mean something.
fn escaped(chars: &mut Chars<'_>, word: &mut Word) {
    match chars.next_if(|c| "\"\\$`".contains(*c)) {
        Some(c) => word.push(c),
        None => word.push('\\'),
    }
}

/// What follows a dollar sign.
fn parameter(chars: &mut Chars<'_>, word: &mut Word) -> Result<(), String> {
    let parameter = match chars.peek() {
        Some('?') => Parameter::Status,
        Some('$') => Parameter::Shell,
        Some('!') => Parameter::Background,
        Some(c) if c.is_alphanumeric() || "_({@*#-".contains(*c) => {
            return Err(format!("not modelled: ${c}"));
        }
        Some(_) | None => {
            word.push('$');
            return Ok(());
        }
    };
    chars.next();
    word.0.push(Part::Parameter(parameter));
    Ok(())
}
