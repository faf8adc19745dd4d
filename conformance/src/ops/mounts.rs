//! Mounts.

use super::Op;
use super::files::path;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::json;
use sim_core::kernel::Syscall;
use sim_core::kernel::syscall::{MountFlags, Str};
use sim_core::observe;

pub const OPS: &[(&str, Op)] = &[
    ("mount", mount),
    ("mounts", mounts),
    ("pivot_root", |h| {
        let (new_root, put_old) = (path(h, "new")?, path(h, "old")?);
        number(h, Syscall::PivotRoot { new_root, put_old })
    }),
    ("umount", umount),
];

fn mount(hands: &mut Hands<'_>) -> OpResult {
    let mut flags = MountFlags::default();
    for word in hands.params.list("flags") {
        flags = flags.with(match word.as_str() {
            "bind" => MountFlags::BIND,
            "rec" => MountFlags::REC,
            "private" => MountFlags::PRIVATE,
            "shared" => MountFlags::SHARED,
            "slave" => MountFlags::SLAVE,
            "unbindable" => MountFlags::UNBINDABLE,
            "ro" => MountFlags::RDONLY,
            "remount" => MountFlags::REMOUNT,
            "move" => MountFlags::MOVE,
            "nosuid" => MountFlags::NOSUID,
            "nodev" => MountFlags::NODEV,
            "noexec" => MountFlags::NOEXEC,
            other => return Err(Halt::Bad(format!("no flag '{other}'"))),
        });
    }
    let text = |name| -> Str {
        let text = hands.params.text_or_none(name);
        text.unwrap_or_default().into()
    };
    let source = hands.params.text_or_none("src");
    let call = Syscall::Mount {
        source: source.unwrap_or_else(|| "none".into()).into(),
        target: path(hands, "target")?,
        // To the model a missing name is an empty one; the kernel looks for a file system of that name, in vain.
        fstype: match hands.params.text_or_none("type").as_deref() {
            Some("") => " ".into(),
            _ => text("type"),
        },
        flags,
        data: text("data"),
    };
    number(hands, call)
}

fn umount(hands: &mut Hands<'_>) -> OpResult {
    const MNT_DETACH: i32 = 2;
    let call = Syscall::Umount2 {
        target: path(hands, "target")?,
        flags: if hands.params.flag("detach")? {
            MNT_DETACH
        } else {
            0
        },
    };
    number(hands, call)
}

/// The actor's own mountinfo: mount point, root, type, ro or rw, optional fields. It is read
/// through a descriptor that the actor always had, so not by its path.
fn mounts(hands: &mut Hands<'_>) -> OpResult {
    let text = hands.seen(|machine, task| json!(observe::mountinfo(machine, task)))?;
    let text = text.as_str().unwrap_or_default();
    let mut rows: Vec<Vec<String>> = text.lines().filter_map(row).collect();
    // Those on one mount point stay in their order.
    rows.sort_by(|a, b| a.first().cmp(&b.first()));
    let mut groups: Vec<String> = Vec::new();
    for row in &mut rows {
        if let Some(fields) = row.last_mut() {
            *fields = renumbered(fields, &mut groups);
        }
    }
    Ok(json!(rows))
}

/// One line of mountinfo (proc_pid_mountinfo(5)).
fn row(line: &str) -> Option<Vec<String>> {
    let fields: Vec<&str> = line.split(' ').collect();
    let dash = fields.iter().position(|field| *field == "-")?;
    let is_read_only = fields.get(5)?.split(',').any(|option| option == "ro");
    let optional = fields.get(6..dash)?.join(" ");
    Some(vec![
        fields.get(4)?.to_string(),
        fields.get(3)?.to_string(),
        fields.get(dash + 1)?.to_string(),
        if is_read_only { "ro" } else { "rw" }.to_string(),
        optional,
    ])
}

/// Peer groups numbered by first appearance.
fn renumbered(fields: &str, groups: &mut Vec<String>) -> String {
    let field = |field: &str| match field.split_once(':') {
        Some((name, group)) => {
            let known = groups.iter().position(|g| g == group);
            let at = known.unwrap_or_else(|| {
                groups.push(group.to_string());
                groups.len() - 1
            });
            format!("{name}:{}", at + 1)
        }
        None => field.to_string(),
    };
    let all: Vec<String> = fields
        .split(' ')
        .filter(|f| !f.is_empty())
        .map(field)
        .collect();
    all.join(" ")
}
