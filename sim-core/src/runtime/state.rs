//! What the runtime remembers, in files: /run/docker/NAME.

use crate::kernel::syscall::{Dirent, OpenFlags, Str};
use crate::kernel::{Errno, Reply, Syscall};
use crate::user::tool::{Asked, Pending, Sys};

pub const STATE_DIR: &str = "/run/docker";
pub const IMAGE_DIR: &str = "/var/lib/docker/images";
/// A directory for each container, as of Docker's overlay2 driver.
pub const LAYER_DIR: &str = "/var/lib/docker/overlay2";

/// One line: `image pid status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub image: String,
    /// In the runtime's own PID namespace; 0 before it runs and after it has ended.
    pub pid: i32,
    pub status: String,
}

impl Record {
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

fn path(name: &str) -> Str {
    Str::from(format!("{STATE_DIR}/{name}"))
}

pub fn save(sys: &mut Sys<'_>, name: &str, record: &Record) -> Asked<()> {
    let flags = OpenFlags::WRONLY
        .with(OpenFlags::CREAT)
        .with(OpenFlags::TRUNC);
    let fd = match sys.call(Syscall::Openat {
        path: path(name),
        flags,
        mode: 0o600,
    })? {
        Ok(fd) => fd as i32,
        Err(errno) => return Ok(Err(errno)),
    };
    sys.print(
        fd,
        &format!("{} {} {}\n", record.image, record.pid, record.status),
    )?;
    sys.call(Syscall::Close { fd })?.ok();
    Ok(Ok(()))
}

pub fn load(sys: &mut Sys<'_>, name: &str) -> Asked<Record> {
    if name.is_empty() || name.contains('/') {
        return Ok(Err(Errno::ENOENT));
    }
    let call = Syscall::Openat {
        path: path(name),
        flags: OpenFlags::default(),
        mode: 0,
    };
    let fd = match sys.call(call)? {
        Ok(fd) => fd as i32,
        Err(errno) => return Ok(Err(errno)),
    };
    let bytes = sys.read(fd)?;
    sys.call(Syscall::Close { fd })?.ok();
    Ok(bytes.and_then(|bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let fields: Vec<&str> = text.split_whitespace().collect();
        match fields.as_slice() {
            [image, pid, status @ ..] => Ok(Record {
                image: (*image).into(),
                pid: pid.parse().unwrap_or(0),
                status: status.join(" "),
            }),
            _ => Err(Errno::EIO),
        }
    }))
}

pub fn remove(sys: &mut Sys<'_>, name: &str) -> Asked<i64> {
    sys.call(Syscall::Unlink { path: path(name) })
}

/// Names of all, in the order in which they were made.
pub fn names(sys: &mut Sys<'_>) -> Result<Vec<String>, Pending> {
    let flags = OpenFlags::DIRECTORY;
    let open = Syscall::Openat {
        path: STATE_DIR.into(),
        flags,
        mode: 0,
    };
    let Ok(fd) = sys.call(open)? else {
        return Ok(Vec::new());
    };
    let entries = sys.reply(Syscall::Getdents64 { fd: fd as i32 })?;
    sys.call(Syscall::Close { fd: fd as i32 })?.ok();
    Ok(match entries {
        Ok(Reply::Dirents(entries)) => entries
            .iter()
            .map(|e: &Dirent| e.name.to_string())
            .collect(),
        Ok(_) | Err(_) => Vec::new(),
    })
}
