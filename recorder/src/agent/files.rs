//! Files, directories and mounts.

use super::Agent;
use super::sys::{
    Answer, Failure, c_param, c_text, close, flags, lossy, nothing, pointer, read_text, sys,
};
use conformance::case::Params;
use libc::{AT_FDCWD, c_int, c_ulong};
use serde_json::{Value, json};
use std::ffi::{CStr, CString};
use std::mem::zeroed;

/// Longest path.
const PATH_BYTES: usize = 4096;

pub fn run(_: &mut Agent, op: &str, p: &Params) -> Answer {
    let path = |name: &str| c_param(p, name);
    let of = |name: &str| p.int(name);
    match op {
        "mount" => mount(p),
        "umount" => {
            let flags = if p.flag("detach")? {
                libc::MNT_DETACH
            } else {
                0
            };
            sys!(umount2(path("target")?.as_ptr(), flags)).map(nothing)
        }
        "pivot_root" => {
            let (new, old) = (path("new")?, path("old")?);
            sys!(syscall(SYS_pivot_root, new.as_ptr(), old.as_ptr())).map(nothing)
        }
        "chroot" => sys!(chroot(path("path")?.as_ptr())).map(nothing),
        "chdir" => sys!(chdir(path("path")?.as_ptr())).map(nothing),
        "fchdir" => sys!(fchdir(of("fd")?)).map(nothing),
        "getcwd" => {
            let mut buffer = vec![0u8; PATH_BYTES];
            // Not libc's, which leaves out what the kernel says of unreachable directories.
            let count = sys!(syscall(SYS_getcwd, buffer.as_mut_ptr(), buffer.len()))? as usize;
            Ok(lossy(&buffer[..count.saturating_sub(1)]).into())
        }
        "mkdir" => {
            let mode = p.mode_or("mode", 0o755)?.into();
            sys!(mkdir(path("path")?.as_ptr(), mode)).map(nothing)
        }
        "rmdir" => sys!(rmdir(path("path")?.as_ptr())).map(nothing),
        "unlink" => sys!(unlink(path("path")?.as_ptr())).map(nothing),
        "rename" => sys!(rename(path("from")?.as_ptr(), path("to")?.as_ptr())).map(nothing),
        "link" => sys!(link(path("from")?.as_ptr(), path("to")?.as_ptr())).map(nothing),
        "symlink" => sys!(symlink(path("dest")?.as_ptr(), path("path")?.as_ptr())).map(nothing),
        "chmod" => {
            p.text("mode")?;
            let mode = p.mode_or("mode", 0)?.into();
            sys!(chmod(path("path")?.as_ptr(), mode)).map(nothing)
        }
        "chown" => {
            let (uid, gid) = (p.number("uid")? as u32, p.number("gid")? as u32);
            sys!(lchown(path("path")?.as_ptr(), uid, gid)).map(nothing)
        }
        "mknod" => {
            let (kind, device) = match p.text("type")?.as_str() {
                "char" => (
                    libc::S_IFCHR,
                    libc::makedev(of("major")? as u32, of("minor")? as u32),
                ),
                "fifo" => (libc::S_IFIFO, 0),
                other => return Err(Failure::Case(format!("no kind '{other}' of node"))),
            };
            sys!(mknod(path("path")?.as_ptr(), kind | 0o666, device)).map(nothing)
        }
        "readlink" => {
            let mut buffer = vec![0u8; PATH_BYTES];
            let bytes = buffer.as_mut_ptr().cast();
            let count = sys!(readlink(path("path")?.as_ptr(), bytes, PATH_BYTES))?;
            Ok(lossy(&buffer[..count as usize]).into())
        }
        "stat" => stat(p),
        "ls" => ls(p),
        "open" => {
            let mode = c_int::from(p.mode_or("mode", 0o644)?);
            let flags = flags(p, "flags", open_flag)?;
            Ok(sys!(open(path("path")?.as_ptr(), flags, mode))?.into())
        }
        "close" => sys!(close(of("fd")?)).map(nothing),
        "dup" => Ok(sys!(dup(of("fd")?))?.into()),
        "dup2" => Ok(sys!(dup2(of("fd")?, of("to")?))?.into()),
        "pipe" => {
            let mut ends = [0; 2];
            let flags = if p.flag("cloexec")? {
                libc::O_CLOEXEC
            } else {
                0
            };
            sys!(pipe2(ends.as_mut_ptr(), flags))?;
            Ok(ends.as_slice().into())
        }
        "read" => {
            let mut buffer = vec![0u8; p.number_or("n", 4096)?.clamp(0, 1 << 20) as usize];
            let bytes = buffer.as_mut_ptr().cast();
            let count = sys!(read(of("fd")?, bytes, buffer.len()))? as usize;
            Ok(lossy(&buffer[..count]).into())
        }
        "write" => {
            let data = p.text("data")?;
            Ok(sys!(write(of("fd")?, data.as_ptr().cast(), data.len()))?.into())
        }
        "lseek" => Ok(sys!(lseek(of("fd")?, p.number("off")?, SEEK_SET))?.into()),
        "ftruncate" => sys!(ftruncate(of("fd")?, p.number("size")?)).map(nothing),
        "fds" => {
            let is_open = |fd: &c_int| sys!(fcntl(*fd, F_GETFD)).is_ok();
            Ok((0..100).filter(is_open).collect())
        }
        "readf" => Ok(read_text(AT_FDCWD, &p.text("path")?)?.into()),
        "writef" => writef(p),
        _ => Err(Failure::NotMine),
    }
}

fn open_flag(word: &str) -> Option<c_int> {
    use libc::*;
    Some(match word {
        "r" => O_RDONLY,
        "w" => O_WRONLY,
        "rw" => O_RDWR,
        "creat" => O_CREAT,
        "excl" => O_EXCL,
        "trunc" => O_TRUNC,
        "append" => O_APPEND,
        "cloexec" => O_CLOEXEC,
        "dir" => O_DIRECTORY,
        "nonblock" => O_NONBLOCK,
        "nofollow" => O_NOFOLLOW,
        "path" => O_PATH,
        _ => return None,
    })
}

fn mount_flag(word: &str) -> Option<c_ulong> {
    use libc::*;
    Some(match word {
        "bind" => MS_BIND,
        "rec" => MS_REC,
        "private" => MS_PRIVATE,
        "shared" => MS_SHARED,
        "slave" => MS_SLAVE,
        "unbindable" => MS_UNBINDABLE,
        "ro" => MS_RDONLY,
        "remount" => MS_REMOUNT,
        "move" => MS_MOVE,
        "nosuid" => MS_NOSUID,
        "nodev" => MS_NODEV,
        "noexec" => MS_NOEXEC,
        _ => return None,
    })
}

fn mount(p: &Params) -> Answer {
    let optional = |name: &str| -> Result<Option<CString>, Failure> {
        p.text_or_none(name).map(c_text).transpose()
    };
    let source = optional("src")?.unwrap_or_else(|| c"none".into());
    let (kind, data) = (optional("type")?, optional("data")?);
    let target = c_param(p, "target")?;
    let flags = flags(p, "flags", mount_flag)?;
    sys!(mount(
        source.as_ptr(),
        target.as_ptr(),
        pointer(kind.as_ref()),
        flags,
        pointer(data.as_ref()).cast()
    ))
    .map(nothing)
}

fn stat(p: &Params) -> Answer {
    // SAFETY: A stat is numbers.
    let mut status: libc::stat = unsafe { zeroed() };
    sys!(lstat(c_param(p, "path")?.as_ptr(), &mut status))?;
    let kind = match status.st_mode & libc::S_IFMT {
        libc::S_IFREG => "file",
        libc::S_IFDIR => "dir",
        libc::S_IFCHR => "char",
        libc::S_IFLNK => "symlink",
        libc::S_IFIFO => "fifo",
        libc::S_IFSOCK => "sock",
        _ => "other",
    };
    let mut out = json!({
        "type": kind,
        "mode": format!("{:o}", status.st_mode & 0o7777),
        "uid": status.st_uid,
        "gid": status.st_gid,
    });
    match kind {
        "file" => {
            out["size"] = status.st_size.into();
            out["nlink"] = status.st_nlink.into();
        }
        "char" => {
            let (major, minor) = (libc::major(status.st_rdev), libc::minor(status.st_rdev));
            out["rdev"] = format!("{major}:{minor}").into();
        }
        _ => {}
    }
    Ok(out)
}

fn ls(p: &Params) -> Answer {
    let path = c_param(p, "path")?;
    let mut names = vec![];
    // SAFETY: The directory stays open until after the last entry, and each entry is read before
    // the next is asked for.
    unsafe {
        let dir = libc::opendir(path.as_ptr());
        if dir.is_null() {
            return Err(super::sys::last_error());
        }
        loop {
            let entry = libc::readdir(dir);
            if entry.is_null() {
                break;
            }
            names.push(lossy(CStr::from_ptr((*entry).d_name.as_ptr()).to_bytes()));
        }
        libc::closedir(dir);
    }
    names.retain(|name| name != "." && name != "..");
    names.sort();
    Ok(names.into())
}

/// Ordinary files are made or emptied; `existing` ones are only written to.
fn writef(p: &Params) -> Answer {
    let mut flags = libc::O_WRONLY | libc::O_CLOEXEC;
    if !p.flag("existing")? {
        flags |= libc::O_CREAT | libc::O_TRUNC;
    }
    let (path, data) = (c_param(p, "path")?, p.text("data")?);
    let fd = sys!(open(path.as_ptr(), flags, 0o644))? as c_int;
    let written = sys!(write(fd, data.as_ptr().cast(), data.len()));
    close(fd);
    written.map(Value::from)
}
