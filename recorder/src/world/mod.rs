//! A world of a case on the kernel of this machine: fresh namespaces and cgroups, and processes
//! that do as they are told. Nothing outside is changed; dropping it removes everything.
//!
//! ```text
//! channel  messages between here and the processes
//! actor    a process as seen from outside
//! step     one step of a case: let it act, let everything come to rest, look what happened
//! observe  what the observer `ctl` sees; pages: frames behind pages
//! cgroup   the world's cgroups
//! ```

mod actor;
mod cgroup;
mod channel;
mod observe;
mod pages;
mod step;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

pub use actor::Actor;
use cgroup::Cgroups;
pub use cgroup::{Layout, remove_left_behind};
use channel::{CHANNELS, Channel, Received};
pub use observe::nft;
pub use pages::PAGE;

/// Why a case cannot go on; never an outcome.
pub type Result<T> = std::result::Result<T, String>;

/// Set by Ctrl-C: every world ends at its next step.
pub static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

static WORLDS: AtomicUsize = AtomicUsize::new(0);

const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
const END_TIMEOUT: Duration = Duration::from_secs(5);

pub struct World {
    /// In the order in which they were made.
    pub actors: Vec<Actor>,
    free: VecDeque<Channel>,
    /// Inode numbers of namespaces by type, in the order in which they were first seen.
    namespaces: BTreeMap<&'static str, Vec<u64>>,
    cgroups: Cgroups,
    keeper: Child,
}

impl World {
    pub fn new(layout: &Layout) -> Result<Self> {
        let root = std::env::temp_dir().join("ringside-recorder-root");
        std::fs::create_dir_all(&root).map_err(|e| format!("{}: {e}", root.display()))?;
        let mut free: VecDeque<Channel> = (0..CHANNELS)
            .map(|_| Channel::new())
            .collect::<Result<_>>()?;
        let first = free.pop_front().ok_or("no channel")?;
        let number = WORLDS.fetch_add(1, Relaxed);
        let cgroups = Cgroups::new(layout, number)?;
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let keeper = Command::new(program)
            .args(["world", &first.number_of_other_end().to_string()])
            .arg(&root)
            .stdin(Stdio::piped())
            // Ctrl-C is for the recorder, which then ends the world.
            .process_group(0)
            .spawn()
            .map_err(|e| format!("cannot start a world: {e}"))?;
        let mut world = Self {
            actors: vec![],
            free,
            namespaces: BTreeMap::new(),
            cgroups,
            keeper,
        };
        world.begin(first)?;
        Ok(world)
    }

    fn begin(&mut self, mut first: Channel) -> Result<()> {
        let keeper = self.keeper.id();
        self.cgroups.enter(keeper)?;
        let go = self
            .keeper
            .stdin
            .as_mut()
            .map(|stdin| stdin.write_all(b"g"));
        go.ok_or("no standard input")?.map_err(|e| e.to_string())?;
        // The keeper has inherited them.
        first.close_other_end();
        for channel in &mut self.free {
            channel.close_other_end();
        }
        self.adopt("init", first)?;
        // So that only the world's processes count there.
        self.cgroups.leave(keeper)?;
        self.see_namespaces(0);
        self.settle()
    }

    /// Waits for a new process to say hello.
    fn adopt(&mut self, name: &str, channel: Channel) -> Result<()> {
        match channel.receive(HELLO_TIMEOUT)? {
            Some(Received { message, pid }) if message.get("hello").is_some() => {
                self.actors.push(Actor::new(name, pid, channel)?);
                Ok(())
            }
            Some(Received { message, .. }) => Err(format!("{name} says {message}")),
            None => Err(format!("{name} does not say hello")),
        }
    }

    pub fn find(&self, name: &str) -> Result<usize> {
        let at = self.actors.iter().position(|actor| actor.name == name);
        at.ok_or_else(|| format!("no process '{name}'"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(init) = self.actors.first() {
            init.kill();
        }
        let end = Instant::now() + END_TIMEOUT;
        // Without an init there was no hello; the keeper's end is then the init's too.
        let mut is_over = false;
        while !self.actors.is_empty() && !is_over && Instant::now() < end {
            is_over = self.keeper.try_wait().is_ok_and(|status| status.is_some());
            std::thread::sleep(Duration::from_millis(1));
        }
        if !is_over {
            let _ = self.keeper.kill();
            let _ = self.keeper.wait();
        }
        self.cgroups.remove();
    }
}

/// A flag that has been raised from outside ends what is going on.
fn go_on() -> Result<()> {
    if IS_INTERRUPTED.load(Relaxed) {
        return Err("interrupted".into());
    }
    Ok(())
}

/// Whether a descriptor becomes readable within this time.
fn is_readable(fd: &impl AsRawFd, timeout: Duration) -> bool {
    let mut ready = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: One structure, which lives until the call has returned.
    unsafe { libc::poll(&mut ready, 1, timeout_ms) > 0 }
}
