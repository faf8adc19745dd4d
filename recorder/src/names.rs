//! Names of errors, signals and capabilities.

use libc::*;

macro_rules! table {
    ($table:ident, $name:ident, $number:ident: $($constant:ident)*) => {
        const $table: &[(c_int, &str)] = &[$(($constant, stringify!($constant))),*];

        /// The name, or the number as text when it has none here.
        pub fn $name(number: c_int) -> String {
            let found = $table.iter().find(|(constant, _)| *constant == number);
            found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_string())
        }

        /// # Errors
        /// No such name, and no number either.
        pub fn $number(name: &str) -> Result<c_int, String> {
            match $table.iter().find(|(_, constant)| *constant == name) {
                Some((number, _)) => Ok(*number),
                None => name.parse().map_err(|_| format!("'{name}' is not known")),
            }
        }
    };
}

table!(ERRORS, error_name, error_number:
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES
    EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY
    ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK
    ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM EOVERFLOW EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE
    EPROTONOSUPPORT EOPNOTSUPP EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH
    ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ETIMEDOUT ECONNREFUSED EHOSTDOWN
    EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT
);

table!(SIGNALS, signal_name, signal_number:
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV
    SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN
    SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS
);

/// Capabilities by number.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// # Errors
/// No such capability.
pub fn capability(name: &str) -> Result<u32, String> {
    let at = CAPABILITIES.iter().position(|known| *known == name);
    at.map(|at| at as u32)
        .ok_or_else(|| format!("'{name}' is no capability"))
}

/// What became of a process, as its end is told: two of the real-time signals have a name there.
pub fn end_text(status: c_int) -> String {
    match status & 0x7f {
        34 => "sig:SIGRTMIN".into(),
        64 => "sig:SIGRTMAX".into(),
        _ => status_text(status),
    }
}

/// What became of a process, from its wait status.
pub fn status_text(status: c_int) -> String {
    if WIFEXITED(status) {
        format!("exit:{}", WEXITSTATUS(status))
    } else if WIFSIGNALED(status) {
        format!("sig:{}", signal_name(WTERMSIG(status)))
    } else if WIFSTOPPED(status) {
        format!("stopped:{}", signal_name(WSTOPSIG(status)))
    } else if WIFCONTINUED(status) {
        "continued".into()
    } else {
        format!("raw:{status}")
    }
}
