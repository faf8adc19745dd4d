//! echo(1).

use crate::user::tool::{Flow, Round, Sys};

pub fn echo(sys: &mut Sys<'_>) -> Round {
    let words: Vec<&str> = sys.args().collect();
    let text = match words.as_slice() {
        ["-n", rest @ ..] => rest.join(" "),
        all => format!("{}\n", all.join(" ")),
    };
    sys.print(1, &text)?;
    Ok(Flow::Exit(0))
}
