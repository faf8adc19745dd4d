//! unshare(1), nsenter(1).

use super::mounting::mount_at;
use crate::kernel::syscall::{CloneFlags, MountFlags, OpenFlags, Str, WaitOptions};
use crate::kernel::{Errno, Reply, Syscall};
use crate::user::init::exec;
use crate::user::tool::{Flow, Pending, Round, Sys};

/// A kind of namespace: its letter and its word among the options, its file in /proc/PID/ns.
struct Kind {
    letter: char,
    word: &'static str,
    file: &'static str,
    flag: CloneFlags,
}

const fn kind(letter: char, word: &'static str, file: &'static str, flag: CloneFlags) -> Kind {
    Kind {
        letter,
        word,
        file,
        flag,
    }
}

/// In the order in which nsenter(1) enters them: the user namespace first, whose capabilities the
/// others may need, and the mount namespace late, after which /proc is another one.
const KINDS: [Kind; 8] = [
    kind('U', "user", "user", CloneFlags::NEWUSER),
    kind('C', "cgroup", "cgroup", CloneFlags::NEWCGROUP),
    kind('i', "ipc", "ipc", CloneFlags::NEWIPC),
    kind('u', "uts", "uts", CloneFlags::NEWUTS),
    kind('n', "net", "net", CloneFlags::NEWNET),
    kind('p', "pid", "pid", CloneFlags::NEWPID),
    kind('m', "mount", "mnt", CloneFlags::NEWNS),
    kind('T', "time", "time", CloneFlags::NEWTIME),
];

/// The files of /proc/PID/ns.
pub(super) fn files() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.file)
}

/// One option of a command line that may have several behind one dash.
enum Opt<'a> {
    Letter(char),
    Word(&'a str),
}

impl Opt<'_> {
    fn kind(&self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| match self {
            Opt::Letter(letter) => kind.letter == *letter,
            Opt::Word(word) => kind.word == *word,
        })
    }
}

/// The options in front of a command, one after another.
struct Options<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
    /// Letters that are left of `-abc`.
    letters: &'a str,
}

impl<'a> Options<'a> {
    fn new(words: Vec<&'a str>) -> Self {
        Self {
            words: words.into_iter().peekable(),
            letters: "",
        }
    }

    fn next(&mut self) -> Option<Opt<'a>> {
        if let Some(letter) = self.letters.chars().next() {
            self.letters = &self.letters[letter.len_utf8()..];
            return Some(Opt::Letter(letter));
        }
        let is_option = |word: &&str| word.len() > 1 && word.starts_with('-');
        let word = self.words.next_if(is_option)?;
        match word.strip_prefix("--") {
            Some("") => None,
            Some(word) => Some(Opt::Word(word)),
            None => {
                self.letters = &word[1..];
                self.next()
            }
        }
    }

    /// The value of the option that was next: the rest of its letters, or the next word.
    fn value(&mut self) -> Option<&'a str> {
        match std::mem::take(&mut self.letters) {
            "" => self.words.next(),
            rest => Some(rest),
        }
    }

    /// What is to be run: a shell if nothing is said.
    fn command(self) -> Vec<&'a str> {
        let words: Vec<&str> = self.words.collect();
        match words.is_empty() {
            true => vec!["/bin/sh"],
            false => words,
        }
    }
}

fn bad_option(sys: &mut Sys<'_>, tool: &str, option: &Opt<'_>) -> Round {
    let text = match option {
        Opt::Letter(letter) => format!("{tool}: invalid option -- '{letter}'\n"),
        Opt::Word(word) => format!("{tool}: unrecognized option '--{word}'\n"),
    };
    sys.fail(1, &text)
}

/// unshare(1): `-m -u -i -n -p -U -C -T`, `-f`, `-r`, `--mount-proc`, then a program or a shell.
pub fn unshare(sys: &mut Sys<'_>) -> Round {
    let mut options = Options::new(sys.words());
    let mut flags = CloneFlags::default();
    let (mut forks, mut proc, mut maps_root) = (false, false, false);
    while let Some(option) = options.next() {
        match option {
            Opt::Letter('f') | Opt::Word("fork") => forks = true,
            Opt::Letter('r') | Opt::Word("map-root-user") => {
                (maps_root, flags) = (true, flags.with(CloneFlags::NEWUSER));
            }
            Opt::Word("mount-proc") => (proc, flags) = (true, flags.with(CloneFlags::NEWNS)),
            other => match other.kind() {
                Some(kind) => flags = flags.with(kind.flag),
                None => return bad_option(sys, "unshare", &other),
            },
        }
    }
    let ids = match maps_root {
        true => Some((
            sys.call(Syscall::Geteuid {})?.unwrap_or(0),
            sys.call(Syscall::Getegid {})?.unwrap_or(0),
        )),
        false => None,
    };
    if let Err(errno) = sys.call(Syscall::Unshare { flags })? {
        return sys.fail(1, &format!("unshare: unshare failed: {}\n", errno.text()));
    }
    if forks && let Some(end) = wait_for_child(sys, "unshare")? {
        return Ok(end);
    }
    if let Some((uid, gid)) = ids {
        map_root(sys, uid, gid)?;
    }
    let own = MountFlags::PRIVATE.with(MountFlags::REC);
    if flags.has(CloneFlags::NEWNS)
        && let Err(errno) = mount_at(sys, "none", "/", ("", own, ""))?
    {
        // What is mounted from now on is nobody else's business.
        let text = format!(
            "unshare: cannot change root filesystem propagation: {}\n",
            errno.text()
        );
        return sys.fail(1, &text);
    }
    // A fresh instance shows the namespace that this process is in.
    if proc && let Err(errno) = mount_at(sys, "proc", "/proc", ("proc", MountFlags::default(), ""))?
    {
        return sys.fail(
            1,
            &format!("unshare: mount /proc failed: {}\n", errno.text()),
        );
    }
    run(sys, "unshare", &options.command())
}

/// Becomes root of the new user namespace. Without privilege above it, setgroups(2) has to be
/// given up first (user_namespaces(7)).
fn map_root(sys: &mut Sys<'_>, uid: i64, gid: i64) -> Result<(), Pending> {
    let files = [
        ("uid_map", format!("0 {uid} 1")),
        ("setgroups", "deny".into()),
        ("gid_map", format!("0 {gid} 1")),
    ];
    for (file, text) in files {
        let open = Syscall::Openat {
            path: Str::from(format!("/proc/self/{file}")),
            flags: OpenFlags::WRONLY,
            mode: 0,
        };
        if let Ok(fd) = sys.call(open)? {
            sys.write(fd as i32, &text)?.ok();
            sys.call(Syscall::Close { fd: fd as i32 })?.ok();
        }
    }
    Ok(())
}

/// nsenter(1): `-t PID`, the namespaces or `-a`, `-F`, then a program or a shell.
pub fn nsenter(sys: &mut Sys<'_>) -> Round {
    let mut options = Options::new(sys.words());
    let (mut target, mut flags) = (None, CloneFlags::default());
    let (mut all, mut forks) = (false, true);
    while let Some(option) = options.next() {
        match option {
            Opt::Letter('t') | Opt::Word("target") => target = options.value(),
            Opt::Letter('a') | Opt::Word("all") => all = true,
            Opt::Letter('F') | Opt::Word("no-fork") => forks = false,
            other => match (other.kind(), &other) {
                (Some(kind), _) => flags = flags.with(kind.flag),
                (None, Opt::Word(word)) if word.starts_with("target=") => {
                    target = word.strip_prefix("target=");
                }
                (None, _) => return bad_option(sys, "nsenter", &other),
            },
        }
    }
    let mut chosen = KINDS.iter().filter(|kind| all || flags.has(kind.flag));
    let target = match target {
        Some(text) => match text.parse::<u32>() {
            Ok(pid) => pid,
            Err(_) => return sys.fail(1, &format!("nsenter: failed to parse pid: '{text}'\n")),
        },
        None if all => return sys.fail(1, "nsenter: no target PID specified for --all\n"),
        None => match chosen.next() {
            Some(Kind { file, .. }) => {
                let text =
                    format!("nsenter: neither filename nor target pid supplied for ns/{file}\n");
                return sys.fail(1, &text);
            }
            None => return run(sys, "nsenter", &options.command()),
        },
    };
    let mut entered = Vec::new();
    for kind in chosen {
        let path = format!("/proc/{target}/ns/{}", kind.file);
        let own = format!("/proc/self/ns/{}", kind.file);
        // With --all, what is one's own already is left out.
        if all && inode(sys, &path)? == inode(sys, &own)? {
            continue;
        }
        let open = Syscall::Openat {
            path: Str::from(path.as_str()),
            flags: OpenFlags::default(),
            mode: 0,
        };
        match sys.call(open)? {
            Ok(fd) => entered.push((kind, fd as i32)),
            Err(errno) => {
                return sys.fail(
                    1,
                    &format!("nsenter: cannot open {path}: {}\n", errno.text()),
                );
            }
        }
    }
    for (kind, fd) in &entered {
        if let Err(errno) = sys.call(Syscall::Setns {
            fd: *fd,
            kind: kind.flag,
        })? {
            let text = format!(
                "nsenter: reassociate to namespace 'ns/{}' failed: {}\n",
                kind.file,
                errno.text()
            );
            return sys.fail(1, &text);
        }
        sys.call(Syscall::Close { fd: *fd })?.ok();
    }
    let has = |flag| entered.iter().any(|(kind, _)| kind.flag == flag);
    // Only a child is in the PID namespace.
    if forks
        && has(CloneFlags::NEWPID)
        && let Some(end) = wait_for_child(sys, "nsenter")?
    {
        return Ok(end);
    }
    if has(CloneFlags::NEWUSER) {
        sys.call(Syscall::Setgroups { list: [].into() })?.ok();
        sys.call(Syscall::Setgid { gid: 0 })?.ok();
        sys.call(Syscall::Setuid { uid: 0 })?.ok();
    }
    run(sys, "nsenter", &options.command())
}

/// The inode number of what a path leads to, if it leads anywhere.
pub(super) fn inode(sys: &mut Sys<'_>, path: &str) -> Result<Option<u64>, Pending> {
    Ok(
        match sys.reply(Syscall::Newfstatat { path: path.into() })? {
            Ok(Reply::Stat(stat)) => Some(stat.inode),
            Ok(_) | Err(_) => None,
        },
    )
}

/// Goes on in a child. In the parent, how the child ended.
fn wait_for_child(sys: &mut Sys<'_>, tool: &str) -> Result<Option<Flow>, Pending> {
    let pid = match sys.fork()? {
        Ok(0) => return Ok(None),
        Ok(pid) => pid as i32,
        Err(errno) => {
            return sys
                .fail(1, &format!("{tool}: fork failed: {}\n", errno.text()))
                .map(Some);
        }
    };
    let options = WaitOptions::default();
    let status = match sys.reply(Syscall::Wait4 { pid, options })? {
        Ok(Reply::Wait { status, .. }) if status & 0x7f == 0 => status >> 8,
        Ok(_) | Err(_) => 1,
    };
    Ok(Some(Flow::Exit(status)))
}

/// Becomes the program.
fn run(sys: &mut Sys<'_>, tool: &str, command: &[&str]) -> Round {
    let errno = match exec(sys, command)? {
        Err(errno) => errno,
        Ok(()) => Errno::ENOEXEC,
    };
    let name = command.first().copied().unwrap_or_default();
    let status = if errno == Errno::ENOENT { 127 } else { 126 };
    let text = format!("{tool}: failed to execute {name}: {}\n", errno.text());
    sys.fail(status, &text)
}
