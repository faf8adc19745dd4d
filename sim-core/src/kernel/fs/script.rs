//! Scripts: files that name their interpreter in the first line (fs/binfmt_script.c).

use super::path::Node;
use super::rw::read_inode;
use super::walk::Follow;
use crate::kernel::syscall::Str;
use crate::kernel::{Ctx, Errno};

/// Bytes of a file that execve(2) looks at.
const BINPRM_BUF_SIZE: u64 = 256;

/// The interpreter of a script, and its one argument.
pub struct Interpreter {
    pub path: Str,
    pub argument: Option<Str>,
}

/// The interpreter that a file names; it may be executed, and is no program.
///
/// # Errors
/// ENOEXEC for other than scripts and for a line without an end or a name.
pub fn interpreter(cx: &mut Ctx<'_>, path: &str) -> Result<Interpreter, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    let Node::Inode(id) = cx.k.real_node(place.node) else {
        return Err(lost!(ENOEXEC));
    };
    let head = read_inode(cx, id, 0, BINPRM_BUF_SIZE)?;
    let text = String::from_utf8_lossy(&head);
    let rest = text
        .strip_prefix("#!")
        .ok_or_else(|| refuse!(cx.why, ExecFormat, id))?;
    let blanks = [' ', '\t'];
    let (line, is_whole) = match rest.split_once('\n') {
        Some((line, _)) => (line, true),
        None => (rest, (head.len() as u64) < BINPRM_BUF_SIZE),
    };
    let line = line.trim_matches(blanks);
    let (name, argument) = match line.split_once(blanks) {
        Some((name, rest)) => (name, Some(Str::from(rest.trim_start_matches(blanks)))),
        // A name that may have been cut is none.
        None if !is_whole => return Err(refuse!(cx.why, ExecFormat, id)),
        None => (line, None),
    };
    // A file that ends without a line has a name all the same, an empty one: the working directory.
    forbid!(cx.why, ExecFormat, id, if name.is_empty() && rest.contains('\n'))?;
    let name = if name.is_empty() { "." } else { name };
    Ok(Interpreter {
        path: name.into(),
        argument,
    })
}
