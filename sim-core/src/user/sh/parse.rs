//! From a line to commands.

/// One program of a pipeline, with its redirections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub words: Vec<String>,
    pub input: Option<String>,
    pub output: Option<Output>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub path: String,
    pub mode: OutputMode,
}

/// `>` or `>>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputMode {
    Truncate,
    Append,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Foreground,
    Background,
}

/// Programs joined by pipes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub commands: Vec<Command>,
    pub ground: Ground,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Pipe,
    Semicolon,
    Ampersand,
    Less,
    Greater,
    Append,
}

/// Splits a line. The error says what is wrong, as `sh` would.
pub fn line(text: &str) -> Result<Vec<Pipeline>, String> {
    let mut pipelines = Vec::new();
    let mut commands = Vec::new();
    let mut command = Command::default();
    let mut tokens = tokens(text)?.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => command.words.push(word),
            Token::Less | Token::Greater | Token::Append => {
                let Some(Token::Word(path)) = tokens.next() else {
                    return Err("syntax error: a file name is missing".into());
                };
                match token {
                    Token::Less => command.input = Some(path),
                    Token::Append => {
                        command.output = Some(Output {
                            path,
                            mode: OutputMode::Append,
                        })
                    }
                    _ => {
                        command.output = Some(Output {
                            path,
                            mode: OutputMode::Truncate,
                        })
                    }
                }
            }
            Token::Pipe => {
                if command.words.is_empty() {
                    return Err("syntax error near '|'".into());
                }
                commands.push(std::mem::take(&mut command));
            }
            Token::Semicolon | Token::Ampersand => {
                let ground = if token == Token::Ampersand {
                    Ground::Background
                } else {
                    Ground::Foreground
                };
                finish(&mut pipelines, &mut commands, &mut command, ground)?;
            }
        }
    }
    finish(
        &mut pipelines,
        &mut commands,
        &mut command,
        Ground::Foreground,
    )?;
    Ok(pipelines)
}

fn finish(
    pipelines: &mut Vec<Pipeline>,
    commands: &mut Vec<Command>,
    command: &mut Command,
    ground: Ground,
) -> Result<(), String> {
    if !command.words.is_empty() {
        commands.push(std::mem::take(command));
    } else if !commands.is_empty() {
        return Err("syntax error near '|'".into());
    }
    if !commands.is_empty() {
        pipelines.push(Pipeline {
            commands: std::mem::take(commands),
            ground,
        });
    }
    Ok(())
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let token = match c {
            ' ' | '\t' => continue,
            '#' => break,
            '|' => Token::Pipe,
            ';' => Token::Semicolon,
            '&' => Token::Ampersand,
            '<' => Token::Less,
            '>' if chars.next_if_eq(&'>').is_some() => Token::Append,
            '>' => Token::Greater,
            first => {
                let mut word = String::new();
                let mut next = Some(first);
                while let Some(c) = next {
                    match c {
                        '\'' | '"' => loop {
                            match chars.next() {
                                Some(end) if end == c => break,
                                Some(inner) => word.push(inner),
                                None => return Err(format!("syntax error: unterminated {c}")),
                            }
                        },
                        c => word.push(c),
                    }
                    next = chars.next_if(|c| !" \t|;&<>".contains(*c));
                }
                Token::Word(word)
            }
        };
        tokens.push(token);
    }
    Ok(tokens)
}
