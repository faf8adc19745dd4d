//! A message of rtnetlink(7) about an interface, and its answer.

use super::sys::{Answer, Failure, close, sys};
use libc::c_int;

/// Types and attributes, from linux/rtnetlink.h and linux/if_link.h.
pub const RTM_NEWLINK: u16 = 16;
pub const RTM_DELLINK: u16 = 17;
pub const CREATE_NEW: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
pub const IFLA_IFNAME: u16 = 3;
pub const IFLA_MASTER: u16 = 10;
pub const IFLA_LINKINFO: u16 = 18;
pub const IFLA_NET_NS_PID: u16 = 19;
pub const IFLA_NET_NS_FD: u16 = 28;
pub const IFLA_INFO_KIND: u16 = 1;
pub const IFLA_INFO_DATA: u16 = 2;
pub const VETH_INFO_PEER: u16 = 1;

const HEADER_BYTES: usize = 16;
const ALIGN: usize = 4;

pub struct Message(Vec<u8>);

impl Message {
    pub fn new(kind: u16, flags: u16, interface: c_int) -> Self {
        let mut header = vec![0u8; HEADER_BYTES];
        let flags = flags | (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
        header[4..6].copy_from_slice(&kind.to_ne_bytes());
        header[6..8].copy_from_slice(&flags.to_ne_bytes());
        let mut message = Self(header);
        message.interface(interface);
        message
    }

    /// A struct ifinfomsg.
    pub fn interface(&mut self, index: c_int) {
        let mut info = [0u8; 16];
        info[4..8].copy_from_slice(&index.to_ne_bytes());
        self.0.extend_from_slice(&info);
    }

    pub fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.nested(kind, |message| message.0.extend_from_slice(value));
    }

    pub fn text(&mut self, kind: u16, text: &str) {
        self.attribute(kind, &[text.as_bytes(), &[0]].concat());
    }

    pub fn nested(&mut self, kind: u16, inner: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0, 0]);
        self.0.extend_from_slice(&kind.to_ne_bytes());
        inner(self);
        let bytes = (self.0.len() - start) as u16;
        self.0[start..start + 2].copy_from_slice(&bytes.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(ALIGN), 0);
    }

    /// Sends it; the kernel acknowledges with an error number, 0 for none.
    pub fn exchange(mut self) -> Answer {
        let bytes = self.0.len() as u32;
        self.0[..4].copy_from_slice(&bytes.to_ne_bytes());
        let fd = sys!(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0))? as c_int;
        let mut reply = [0u8; 8192];
        let answer = sys!(send(fd, self.0.as_ptr().cast(), self.0.len(), 0))
            .and_then(|_| sys!(recv(fd, reply.as_mut_ptr().cast(), reply.len(), 0)));
        close(fd);
        answer?;
        let error = reply.get(HEADER_BYTES..HEADER_BYTES + 4);
        match error
            .and_then(|bytes| bytes.try_into().ok())
            .map(c_int::from_ne_bytes)
        {
            Some(0) => Ok(0.into()),
            Some(error) => Err(Failure::Errno(-error)),
            None => Err(Failure::Errno(libc::EIO)),
        }
    }
}
