//! What an instance hides: the options of proc(5).

use super::{Entry, ProcNode};
use crate::kernel::cred::may_ptrace;
use crate::kernel::fs::Node;
use crate::kernel::fs::path::PathRef;
use crate::kernel::rule::Why;
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Errno};

/// Values of `hidepid=`, by number. There is no 3.
const LEVELS: [&str; 5] = ["off", "noaccess", "invisible", "", "ptraceable"];
const NOACCESS: usize = 1;
const INVISIBLE: usize = 2;
const PTRACEABLE: usize = 4;

#[derive(Clone, Copy, Default)]
struct Options {
    level: usize,
    /// Its members see everything.
    gid: u32,
    subset: Subset,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Subset {
    #[default]
    Everything,
    Pids,
}

impl Options {
    fn read(&mut self, text: &str) -> Option<()> {
        for option in text.split(',').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=')?;
            match (name, value) {
                ("hidepid", "") => return None,
                ("hidepid", _) => {
                    let named = LEVELS.iter().position(|level| *level == value);
                    self.level = named.or_else(|| value.parse().ok())?;
                    LEVELS.get(self.level).filter(|level| !level.is_empty())?;
                }
                ("gid", _) => self.gid = value.parse().ok()?,
                ("subset", "pid") => self.subset = Subset::Pids,
                (_, _) => return None,
            }
        }
        Some(())
    }
}

/// The options of an instance as /proc/PID/mounts shows them, once some more were given.
///
/// # Errors
/// EINVAL.
pub fn options(why: &Why, shown: &str, more: &str) -> Result<String, Errno> {
    let mut all = Options::default();
    let read = all.read(shown).and_then(|()| all.read(more));
    read.ok_or_else(|| refuse!(why, ProcOptions))?;
    let mut text = String::new();
    if all.gid > 0 {
        text += &format!(",gid={}", all.gid);
    }
    if all.level > 0 {
        text += ",hidepid=";
        text += LEVELS.get(all.level).unwrap_or(&"");
    }
    if all.subset == Subset::Pids {
        text += ",subset=pid";
    }
    Ok(text)
}

fn options_at(cx: &Ctx<'_>, place: PathRef) -> Option<Options> {
    let sb = cx.k.vfs.supers.get(cx.k.mount(place.mount)?.sb)?;
    if sb.options.is_empty() {
        return None;
    }
    let mut options = Options::default();
    options.read(&sb.options)?;
    Some(options)
}

/// Whether a process is hidden from the caller by an instance that hides at least so much
/// (has_pid_permissions).
fn hides(cx: &Ctx<'_>, options: Options, pid: PidId, least: usize) -> bool {
    let is_seen = options.level != PTRACEABLE
        && (options.level < least || cx.me().is_ok_and(|me| me.cred.is_in_group(options.gid)));
    let task = cx.k.pids.get(pid).and_then(|pid| pid.task);
    !is_seen && task.is_none_or(|task| may_ptrace(cx, task).is_err())
}

/// Whether a name in a directory of an instance is there for the caller.
pub fn is_shown(cx: &Ctx<'_>, dir: PathRef, found: ProcNode, listed: Listed) -> bool {
    let is_top = matches!(dir.node, Node::Proc(node) if node.entry == Entry::Root);
    let Some(options) = options_at(cx, dir).filter(|_| is_top) else {
        return true;
    };
    match found.entry {
        Entry::Pid(pid) => match listed {
            Listed::InDirectory => !hides(cx, options, pid, INVISIBLE),
            // By its number one hears of it but for the strictest.
            Listed::ByName => options.level != PTRACEABLE || !hides(cx, options, pid, PTRACEABLE),
        },
        Entry::SelfLink => true,
        _ => options.subset == Subset::Everything,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    InDirectory,
    ByName,
}

/// proc_pid_permission.
///
/// # Errors
/// EPERM, or ENOENT where not even the number is to be known.
pub fn may_pass(cx: &Ctx<'_>, place: PathRef, node: ProcNode) -> Result<(), Errno> {
    if let Entry::Pid(pid) = node.entry
        && let Some(options) = options_at(cx, place)
    {
        let is_hidden = hides(cx, options, pid, NOACCESS);
        forbid!(cx.why, NameExists, place.node, if is_hidden && options.level == INVISIBLE)?;
        forbid!(cx.why, ProcHidden, place.node, if is_hidden)?;
    }
    Ok(())
}

/// pid_getattr.
///
/// # Errors
/// ENOENT.
pub fn may_stat(cx: &Ctx<'_>, place: PathRef) -> Result<(), Errno> {
    if let Node::Proc(node) = place.node
        && let Entry::Pid(pid) = node.entry
        && let Some(options) = options_at(cx, place)
    {
        forbid!(cx.why, NameExists, place.node, if hides(cx, options, pid, INVISIBLE))?;
    }
    Ok(())
}
