//! Messages to and from a process: a pair of sockets made before the world, so that every process
//! of it inherits all of them and takes the one that its fork names.

use super::{Result, is_readable};
use crate::agent::start::CHANNEL_FDS;
use libc::c_int;
use serde_json::{Map, Value};
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// How many processes a world may have.
pub const CHANNELS: usize = 40;
const MESSAGE_BYTES: usize = 1 << 20;

pub struct Channel {
    end: OwnedFd,
    /// The other end, until the processes have inherited it.
    other: Option<OwnedFd>,
    number: c_int,
}

pub struct Received {
    pub message: Value,
    /// Who sent it, as numbered here outside.
    pub pid: c_int,
}

fn failed(what: &str) -> String {
    format!("{what}: {}", Error::last_os_error())
}

impl Channel {
    pub fn new() -> Result<Self> {
        let mut ends = [0; 2];
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
        // SAFETY: Two numbers to fill in; what succeeded is owned from then on.
        let (end, low) = unsafe {
            if libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) < 0 {
                return Err(failed("socketpair"));
            }
            (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1]))
        };
        let on: c_int = 1;
        // SAFETY: The option is an int. The duplicate is ours; exec keeps it.
        let other = unsafe {
            let fd = end.as_raw_fd();
            let at = (&raw const on).cast();
            if libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_PASSCRED, at, 4) < 0 {
                return Err(failed("SO_PASSCRED"));
            }
            let other = libc::fcntl(low.as_raw_fd(), libc::F_DUPFD, CHANNEL_FDS);
            if other < 0 {
                return Err(failed("F_DUPFD"));
            }
            OwnedFd::from_raw_fd(other)
        };
        Ok(Self {
            end,
            number: other.as_raw_fd(),
            other: Some(other),
        })
    }

    /// The descriptor by which the processes know it.
    pub fn number_of_other_end(&self) -> c_int {
        self.number
    }

    pub fn close_other_end(&mut self) {
        self.other = None;
    }

    pub fn send(&self, message: &Map<String, Value>) -> Result<()> {
        let text = Value::Object(message.clone()).to_string();
        let fd = self.end.as_raw_fd();
        // SAFETY: The text lives until the call has returned.
        let sent = unsafe { libc::send(fd, text.as_ptr().cast(), text.len(), libc::MSG_NOSIGNAL) };
        if sent < 0 {
            return Err(failed("send"));
        }
        Ok(())
    }

    /// A message, if one comes within this time.
    pub fn receive(&self, timeout: Duration) -> Result<Option<Received>> {
        if !is_readable(&self.end, timeout) {
            return Ok(None);
        }
        let mut text = vec![0u8; MESSAGE_BYTES];
        let mut control = [0u64; 64];
        let mut part = libc::iovec {
            iov_base: text.as_mut_ptr().cast(),
            iov_len: text.len(),
        };
        // SAFETY: A msghdr is numbers and pointers that may be null. Those set point to what lives
        // on; the control messages are read by the macros made for it, within what was received.
        let (count, pid) = unsafe {
            let mut header: libc::msghdr = std::mem::zeroed();
            header.msg_iov = &mut part;
            header.msg_iovlen = 1;
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = size_of_val(&control);
            let flags = libc::MSG_CMSG_CLOEXEC;
            let count = libc::recvmsg(self.end.as_raw_fd(), &mut header, flags);
            let mut pid = 0;
            let mut at = libc::CMSG_FIRSTHDR(&header);
            while !at.is_null() {
                if (*at).cmsg_type == libc::SCM_CREDENTIALS {
                    pid = libc::CMSG_DATA(at)
                        .cast::<libc::ucred>()
                        .read_unaligned()
                        .pid;
                }
                at = libc::CMSG_NXTHDR(&header, at);
            }
            (count, pid)
        };
        match usize::try_from(count) {
            Ok(0) => Ok(None),
            Ok(count) => match serde_json::from_slice(&text[..count]) {
                Ok(message) => Ok(Some(Received { message, pid })),
                Err(error) => Err(format!("an odd message: {error}")),
            },
            Err(_) => Err(failed("recvmsg")),
        }
    }
}
