//! What a container may not do: a filter of system calls, and few capabilities.
//!
//! Both as Docker sets them unless told otherwise (docs.docker.com: "Runtime privilege and Linux
//! capabilities", "Seccomp security profiles for Docker"), as far as calls are modelled.

use super::runc::Prepared;
use crate::kernel::syscall::{Cap, CapSet, Prctl, SeccompAction, Str};
use crate::kernel::{Errno, Syscall};
use crate::user::tool::Sys;

/// What is left of root's capabilities.
const KEPT: CapSet = CapSet::EMPTY
    .with(Cap::CHOWN)
    .with(Cap::DAC_OVERRIDE)
    .with(Cap::FSETID)
    .with(Cap::FOWNER)
    .with(Cap::MKNOD)
    .with(Cap::NET_RAW)
    .with(Cap::SETGID)
    .with(Cap::SETUID)
    .with(Cap::SETFCAP)
    .with(Cap::SETPCAP)
    .with(Cap::NET_BIND_SERVICE)
    .with(Cap::SYS_CHROOT)
    .with(Cap::KILL)
    .with(Cap::AUDIT_WRITE);

/// What the filter answers with EPERM. The real one lists what is allowed, and looks at clone's
/// flags as well.
const DENIED: [&str; 6] = [
    "mount",
    "umount2",
    "pivot_root",
    "setns",
    "unshare",
    "sethostname",
];

/// Gives up what a container does not get. The filter comes first: setting it is a privilege.
pub(super) fn confine(sys: &mut Sys<'_>) -> Prepared {
    let deny = DENIED.map(Str::from).into();
    let action = SeccompAction::Errno(Errno::EPERM);
    if let Err(errno) = sys.call(Syscall::Seccomp { deny, action })? {
        return Ok(Err(("seccomp", errno)));
    }
    // The bounding set is what no program gets back that is executed from here on.
    for cap in Cap::ALL.iter().filter(|cap| !KEPT.has(**cap)) {
        let option = Prctl::CapbsetDrop(*cap as u64);
        if let Err(errno) = sys.call(Syscall::Prctl { option })? {
            return Ok(Err(("drop a capability", errno)));
        }
    }
    let call = Syscall::Capset {
        pid: 0,
        effective: KEPT.0,
        permitted: KEPT.0,
        inheritable: 0,
    };
    Ok(match sys.call(call)? {
        Ok(_) => Ok(()),
        Err(errno) => Err(("capset", errno)),
    })
}
