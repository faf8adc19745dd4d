//! A process of the world as seen from outside.

use super::channel::Channel;
use super::{Result, is_readable};
use crate::names::end_text;
use libc::c_int;
use std::collections::BTreeMap;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

pub struct Actor {
    pub name: String,
    /// Its number here outside.
    pub pid: c_int,
    pub pidfd: OwnedFd,
    pub channel: Channel,
    /// Address and bytes of what it has mapped, by label.
    pub regions: BTreeMap<String, (usize, usize)>,
    /// The step whose operation has not returned yet.
    pub busy: Option<usize>,
    /// What became of it, once it is dead.
    pub ended: Option<String>,
    pub is_reaped: bool,
}

/// What /proc/PID/stat says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    pub state: char,
    pub minor_faults: u64,
    exit_status: c_int,
}

/// PIDFD_GET_INFO, from linux/pidfd.h: a structure of 64 bytes.
const PIDFD_GET_INFO: libc::c_ulong = 0xC040_FF0B;
const PIDFD_INFO_EXIT: u64 = 1 << 3;
const PIDFD_INFO_WORDS: usize = 8;

impl Actor {
    pub fn new(name: &str, pid: c_int, channel: Channel) -> Result<Self> {
        // SAFETY: Takes numbers; the descriptor is ours when it is one.
        let pidfd = unsafe {
            let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0) as c_int;
            if fd < 0 {
                return Err(format!("pidfd_open: {}", Error::last_os_error()));
            }
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Self {
            name: name.into(),
            pid,
            pidfd,
            channel,
            regions: BTreeMap::new(),
            busy: None,
            ended: None,
            is_reaped: false,
        })
    }

    /// None when it is gone.
    pub fn stat(&self) -> Option<Stat> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let (_, rest) = text.rsplit_once(") ")?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        Some(Stat {
            state: words.first()?.chars().next()?,
            minor_faults: words.get(7)?.parse().ok()?,
            exit_status: words.get(49)?.parse().ok()?,
        })
    }

    pub fn is_dead(&self) -> bool {
        is_readable(&self.pidfd, Duration::ZERO)
    }

    /// What became of it: of a zombie from /proc, of one that is gone from its pidfd.
    pub fn final_status(&self) -> Result<String> {
        if let Some(stat) = self.stat()
            && matches!(stat.state, 'Z' | 'X')
        {
            return Ok(end_text(stat.exit_status));
        }
        let mut info = [0u64; PIDFD_INFO_WORDS];
        info[0] = PIDFD_INFO_EXIT;
        // SAFETY: The structure is as large as the request's number says.
        let answer =
            unsafe { libc::ioctl(self.pidfd.as_raw_fd(), PIDFD_GET_INFO, info.as_mut_ptr()) };
        if answer < 0 || info[0] & PIDFD_INFO_EXIT == 0 {
            return Err(format!(
                "what became of {} is not known: PIDFD_GET_INFO needs Linux 6.15",
                self.name
            ));
        }
        Ok(end_text((info[7] >> 32) as c_int))
    }

    pub fn kill(&self) {
        let fd = self.pidfd.as_raw_fd();
        // SAFETY: Takes numbers and no siginfo.
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, libc::SIGKILL, 0, 0) };
    }
}
