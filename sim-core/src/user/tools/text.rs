//! echo(1).

use crate::user::tool::{Flow, Round, Sys};

pub fn echo(sys: &mut Sys<'_>) -> Round {
    let words: Vec<&str> = sys.args().collect();
    let text = match words.as_slice() {
        ["-n", rest @ ..] => rest.join(" "),
        all => format!("{}\n", all.join(" ")),
    };
    if text.is_empty() {
        return Ok(Flow::Exit(0));
    }
    if let Err(errno) = sys.write(1, &text)? {
        return sys.fail(1, &format!("echo: write error: {}\n", errno.text()));
    }
    Ok(Flow::Exit(0))
}
