//! The first process of a world: fresh namespaces and a root directory of its own.

use super::sys::{Failure, c_text, close, sys};
use super::{Agent, PROC_FD, PROGRAM_FD, exit};
use crate::names::error_name;
use libc::c_int;
use std::ptr::null;

/// Descriptors from here on are channels of processes to come.
pub const CHANNEL_FDS: c_int = 200;

/// Waits for a byte on the standard input, by when the recorder has put this process into the
/// world's cgroups; then forks the world's init and waits for its end.
pub fn world(channel: c_int, root: &str) -> ! {
    let agent = Agent::new(channel);
    let mut byte = 0u8;
    if !sys!(read(0, (&raw mut byte).cast::<c_void>(), 1)).is_ok_and(|count| count == 1) {
        exit(super::CHANNEL_CLOSED);
    }
    match become_init(root) {
        Ok(()) => {
            agent.hello();
            let mut agent = agent;
            agent.serve()
        }
        Err((what, failure)) => {
            let why = match failure {
                Failure::Errno(number) => error_name(number),
                Failure::Case(reason) => reason,
                Failure::NotMine => String::new(),
            };
            agent.give_up(&format!("cannot set up a world: {what}: {why}"))
        }
    }
}

type Step = Result<i64, (&'static str, Failure)>;

fn step(what: &'static str, answer: Result<i64, Failure>) -> Step {
    answer.map_err(|failure| (what, failure))
}

fn become_init(root: &str) -> Result<(), (&'static str, Failure)> {
    die_with_parent();
    let all = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWCGROUP;
    step("unshare", sys!(unshare(all)))?;
    let pid = step("fork", sys!(fork()))? as c_int;
    if pid > 0 {
        for fd in 3..400 {
            close(fd);
        }
        let mut status = 0;
        while sys!(waitpid(pid, &mut status, 0)).is_err() && super::sys::errno() == libc::EINTR {}
        exit(0);
    }
    die_with_parent();
    default_signals();
    signals_of_the_runtime();
    step("setsid", sys!(setsid()))?;
    // SAFETY: umask takes a number.
    unsafe { libc::umask(0o022) };
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    step("no core files", sys!(setrlimit(RLIMIT_CORE, &none)))?;
    let program = step("open", sys!(open(c"/proc/self/exe".as_ptr(), O_RDONLY)))? as c_int;
    step("dup2", sys!(dup2(program, PROGRAM_FD)))?;
    let null_fd = step("open", sys!(open(c"/dev/null".as_ptr(), O_RDWR)))? as c_int;
    for fd in 0..3 {
        step("dup2", sys!(dup2(null_fd, fd)))?;
    }
    for fd in 3..100 {
        close(fd);
    }
    new_root(root)?;
    step("sethostname", sys!(sethostname(c"host".as_ptr(), 4)))?;
    Ok(())
}

/// An empty tmpfs with a /proc, and nothing of the machine's own files.
fn new_root(root: &str) -> Result<(), (&'static str, Failure)> {
    let root = c_text(root).map_err(|failure| ("root", failure))?;
    let (none, proc, here, old) = (c"none", c"proc", c".", c"old");
    let private = sys!(mount(
        none.as_ptr(),
        c"/".as_ptr(),
        null(),
        MS_REC | MS_PRIVATE,
        null()
    ));
    step("private mounts", private)?;
    let tmpfs = sys!(mount(
        c"root".as_ptr(),
        root.as_ptr(),
        c"tmpfs".as_ptr(),
        0,
        c"size=64m,mode=755".as_ptr().cast()
    ));
    step("tmpfs", tmpfs)?;
    step("chdir", sys!(chdir(root.as_ptr())))?;
    for name in [proc, c"tmp", c"mnt", c"a", c"b", old] {
        step("mkdir", sys!(mkdir(name.as_ptr(), 0o755)))?;
    }
    step("chmod", sys!(chmod(c"tmp".as_ptr(), 0o1777)))?;
    let mount_proc = || {
        let name = proc.as_ptr();
        step("mount proc", sys!(mount(name, name, name, 0, null())))
    };
    // Twice: one is detached and kept open, so that it cannot be mounted over.
    mount_proc()?;
    let kept = step(
        "open proc",
        sys!(open(proc.as_ptr(), O_RDONLY | O_DIRECTORY)),
    )? as c_int;
    step("dup2", sys!(dup2(kept, PROC_FD)))?;
    close(kept);
    step("detach proc", sys!(umount2(proc.as_ptr(), MNT_DETACH)))?;
    mount_proc()?;
    let turned = sys!(syscall(SYS_pivot_root, here.as_ptr(), old.as_ptr()));
    step("pivot_root", turned)?;
    step("umount old", sys!(umount2(c"/old".as_ptr(), MNT_DETACH)))?;
    step("rmdir old", sys!(rmdir(c"/old".as_ptr())))?;
    step("chdir", sys!(chdir(c"/".as_ptr())))?;
    Ok(())
}

/// What the recorder was started with may ignore some, even those that the C library keeps for
/// itself. SIGKILL and SIGSTOP refuse.
fn default_signals() {
    const SIGNALS: c_int = 64;
    /// A structure of the kernel's: handler, flags, restorer, mask.
    const DEFAULT: [u64; 4] = [0; 4];
    for number in 1..=SIGNALS {
        let old = null::<u64>();
        let mask_bytes = size_of::<u64>();
        let _ = sys!(syscall(
            SYS_rt_sigaction,
            number,
            DEFAULT.as_ptr(),
            old,
            mask_bytes
        ));
    }
}

extern "C" fn on_fault(_: c_int) {}

/// What Rust's runtime sets up when a program starts, which this one does without: SIGPIPE is
/// ignored, and handlers of faults that are not taken up already put the default back when they
/// run. A stack overflow finds no room for one.
pub fn signals_of_the_runtime() {
    // SAFETY: A sigaction of zeroes is the default action, without flags; handlers take a number.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_IGN;
        libc::sigaction(libc::SIGPIPE, &action, std::ptr::null_mut());
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_RESETHAND;
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, null(), &mut old);
            if old.sa_sigaction == libc::SIG_DFL {
                libc::sigaction(signal, &action, std::ptr::null_mut());
            }
        }
    }
}

/// So that nothing of a world outlives the recorder, even one that is killed.
fn die_with_parent() {
    let _ = sys!(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}
