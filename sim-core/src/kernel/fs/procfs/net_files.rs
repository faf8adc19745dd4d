//! The network in proc: /proc/sys/net/ipv4, /proc/PID/net and the link /proc/net.

use super::tree::task_of;
use super::{Entry, ProcNode};
use crate::kernel::net::{NetCap, NetNs, SpaceId, is_capable};
use crate::kernel::syscall::FileKind;
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Errno, NsId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetNode {
    /// /proc/net.
    Link,
    /// /proc/sys/net, and what is in it.
    Sys,
    SysIpv4,
    Setting(NetSetting),
    /// /proc/PID/net, and what is in it.
    Dir(PidId),
    Dev(PidId),
}

names! {
    /// Files in /proc/sys/net/ipv4: of the reader's network namespace.
    NetSetting { IpForward = "ip_forward", LocalPortRange = "ip_local_port_range", UnprivilegedPortStart = "ip_unprivileged_port_start" }
}

impl NetNode {
    pub(super) fn kind(self) -> FileKind {
        match self {
            NetNode::Link => FileKind::Symlink,
            NetNode::Sys | NetNode::SysIpv4 | NetNode::Dir(_) => FileKind::Directory,
            NetNode::Setting(_) | NetNode::Dev(_) => FileKind::Regular,
        }
    }

    pub(super) fn mode(self) -> u16 {
        match self {
            NetNode::Link => 0o777,
            NetNode::Sys | NetNode::SysIpv4 | NetNode::Dir(_) => 0o555,
            NetNode::Setting(_) => 0o644,
            NetNode::Dev(_) => 0o444,
        }
    }

    pub(super) fn parent(self) -> Entry {
        match self {
            NetNode::Link => Entry::Root,
            NetNode::Sys => Entry::Sys,
            NetNode::SysIpv4 => Entry::Net(NetNode::Sys),
            NetNode::Setting(_) => Entry::Net(NetNode::SysIpv4),
            NetNode::Dir(pid) => Entry::Pid(pid),
            NetNode::Dev(pid) => Entry::Net(NetNode::Dir(pid)),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            NetNode::Link | NetNode::Sys | NetNode::Dir(_) => "net",
            NetNode::SysIpv4 => "ipv4",
            NetNode::Setting(setting) => setting.name(),
            NetNode::Dev(_) => "dev",
        }
    }

    /// What is in a directory.
    pub(super) fn children(self) -> Vec<NetNode> {
        match self {
            NetNode::Sys => vec![NetNode::SysIpv4],
            NetNode::SysIpv4 => NetSetting::ALL
                .iter()
                .map(|s| NetNode::Setting(*s))
                .collect(),
            NetNode::Dir(pid) => vec![NetNode::Dev(pid)],
            NetNode::Link | NetNode::Setting(_) | NetNode::Dev(_) => Vec::new(),
        }
    }
}

fn own(cx: &Ctx<'_>) -> Result<SpaceId, Errno> {
    let ns = cx.me()?.ns.net;
    cx.k.net_space(ns).ok_or(lost!(ESRCH))
}

fn space<'a>(cx: &'a Ctx<'_>, id: SpaceId) -> Result<&'a NetNs, Errno> {
    cx.k.net.spaces.get(id).ok_or(lost!(ESRCH))
}

/// # Errors
/// EISDIR, EINVAL for the link, ESRCH for a process that is gone.
pub(super) fn text(cx: &Ctx<'_>, ns: NsId, node: NetNode) -> Result<String, Errno> {
    Ok(match node {
        NetNode::Link => return Err(lost!(EINVAL)),
        NetNode::Sys | NetNode::SysIpv4 | NetNode::Dir(_) => {
            return Err(refuse!(cx.why, ReadDirectory));
        }
        NetNode::Setting(setting) => {
            let space = space(cx, own(cx)?)?;
            match setting {
                NetSetting::IpForward => format!("{}\n", space.ip_forward),
                NetSetting::LocalPortRange => {
                    let [first, last] = space.local_ports;
                    format!("{first}\t{last}\n")
                }
                NetSetting::UnprivilegedPortStart => {
                    format!("{}\n", space.unprivileged_port_start)
                }
            }
        }
        NetNode::Dev(pid) => {
            let net = task_of(cx, ns, pid)?.ns.net;
            let id = cx.k.net_space(net).ok_or(lost!(ESRCH))?;
            let mut text = String::from(
                "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
            );
            // Traffic is not counted.
            let zero = "       0       0    0    0    0     0          0         0";
            for (_, device) in cx.k.net.devices_of(id) {
                text.push_str(&format!("{:>6}: {zero} {zero}\n", device.name));
            }
            text
        }
    })
}

/// net_ctl_permissions: whoever administers the namespace may write, and the owner of the file.
pub fn may_write(cx: &Ctx<'_>, node: ProcNode) -> Option<bool> {
    let Entry::Net(NetNode::Setting(_)) = node.entry else {
        return None;
    };
    let owner = own(cx).and_then(|id| space(cx, id)).map(|s| s.user_ns);
    let is_root = cx.me().is_ok_and(|task| task.cred.euid == 0);
    Some(is_root || owner.is_ok_and(|owner| is_capable(cx, owner, NetCap::Admin)))
}

/// write(2): a number in decimal (proc_dointvec).
///
/// # Errors
/// EINVAL for anything else, EIO for files that cannot be written, EPERM for ip_forward.
pub fn write(cx: &mut Ctx<'_>, node: ProcNode, bytes: &[u8]) -> Result<usize, Errno> {
    let Entry::Net(NetNode::Setting(setting)) = node.entry else {
        return Err(lost!(EIO));
    };
    let id = own(cx)?;
    if matches!(setting, NetSetting::IpForward) {
        // devinet_sysctl_forward asks again.
        let owner = space(cx, id)?.user_ns;
        forbid!(cx.why, NetAdmin, owner, if !is_capable(cx, owner, NetCap::Admin))?;
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse!(cx.why, SysctlText))?;
    if text.is_empty() {
        return Ok(0);
    }
    let begin = text.trim_start();
    let mut words = begin.split_whitespace();
    let word = words.next().unwrap_or_default();
    let number: i32 = word.parse().map_err(|_| refuse!(cx.why, SysctlText))?;
    if setting == NetSetting::LocalPortRange {
        let [_, last] = space(cx, id)?.local_ports;
        let first = u16::try_from(number).unwrap_or(0);
        let second = words.next().map_or(Ok(last), str::parse);
        let last = second.map_err(|_| refuse!(cx.why, SysctlText))?;
        let unread: usize = words.map(str::len).sum();
        let is_privileged = space(cx, id)?.is_privileged(first);
        forbid!(cx.why, SysctlText, number, if first == 0 || first > last || is_privileged)?;
        if let Some(space) = cx.k.net.spaces.get_mut(id) {
            space.local_ports = [first, last];
        }
        return Ok(bytes.len() - unread);
    }
    let space = cx.k.net.spaces.get_mut(id).ok_or(lost!(ESRCH))?;
    match setting {
        NetSetting::IpForward => space.ip_forward = number,
        NetSetting::LocalPortRange => {}
        NetSetting::UnprivilegedPortStart => {
            let port = u16::try_from(number).map_err(|_| refuse!(cx.why, SysctlText, number))?;
            space.unprivileged_port_start = port;
        }
    }
    // One number is taken, and the blanks behind it.
    let rest = begin.get(word.len()..).unwrap_or_default().trim_start();
    Ok(bytes.len() - rest.len())
}
