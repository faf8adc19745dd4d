//! Terminals: line discipline, control, hang-up (ioctl_tty(2), termios(3)).

use super::fd::OpenKind;
use super::inode::Device;
use crate::event::Event;
use crate::hw::TtyId;
use crate::kernel::net;
use crate::kernel::signal::Origin;
use crate::kernel::syscall::{Ioctl, LineMode, OpenFlags, OutBuf, SigAct, SysResult, done};
use crate::kernel::task::{PidId, RunState, WaitQueue};
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, Signal, TaskId};
use std::collections::VecDeque;

/// struct tty_struct, as far as modelled.
#[derive(Clone, Debug, Hash)]
pub struct Tty {
    /// The session that it controls, and the process group in the foreground.
    pub session: Option<PidId>,
    pub foreground: Option<PidId>,
    pub mode: LineMode,
    /// The line being edited, in canonical mode.
    pub line: Vec<u8>,
    /// What may be read: whole lines, or in raw mode every key.
    pub ready: VecDeque<u8>,
    /// Where ^D was typed, as numbers of `ready` bytes before it: a read ends there.
    pub ends: VecDeque<usize>,
    pub readers: WaitQueue,
    /// Open files that stand on it.
    pub opens: u32,
    pub link: LinkState,
}

/// Whether the line is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    Up,
    /// Reads give end of file and writes EIO until everybody has closed it.
    HungUp,
}

impl Default for Tty {
    fn default() -> Self {
        Self {
            session: None,
            foreground: None,
            mode: LineMode::Canonical,
            line: Vec::new(),
            ready: VecDeque::new(),
            ends: VecDeque::new(),
            readers: WaitQueue::default(),
            opens: 0,
            link: LinkState::Up,
        }
    }
}

impl Ctx<'_> {
    pub(super) fn tty(&self, tty: TtyId) -> Option<&Tty> {
        self.k.vfs.ttys.get(usize::from(tty.0))
    }

    pub(super) fn tty_mut(&mut self, tty: TtyId) -> Option<&mut Tty> {
        self.k.vfs.ttys.get_mut(usize::from(tty.0))
    }

    /// Sends a signal of the terminal's to a process group.
    pub(super) fn signal_group(&mut self, group: Option<PidId>, signal: Signal) {
        let members = group
            .and_then(|g| self.k.pids.get(g))
            .map(|p| p.pgrp.clone());
        for task in members.unwrap_or_default() {
            self.send_signal_from(task, signal, Origin::Outside);
        }
    }
}

/// An open file stands on a terminal. It becomes the controlling one of a session leader that
/// has none, unless `O_NOCTTY` says otherwise (open(2)).
pub(super) fn opened(cx: &mut Ctx<'_>, tty: TtyId, flags: OpenFlags) {
    let task = cx.task;
    let Some(this) = cx.tty_mut(tty) else { return };
    this.opens += 1;
    let is_free = this.session.is_none();
    let leads =
        cx.k.tasks
            .get(task)
            .is_some_and(|t| t.session == t.pid && t.tty.is_none());
    if is_free && leads && !flags.has(OpenFlags::NOCTTY) {
        control(cx, tty);
    }
}

/// Makes a terminal the controlling one of the caller's session.
fn control(cx: &mut Ctx<'_>, tty: TtyId) {
    let Ok(me) = cx.me() else { return };
    let (session, pgrp) = (me.session, me.pgrp);
    let members =
        cx.k.pids
            .get(session)
            .map(|p| p.session.clone())
            .unwrap_or_default();
    if let Some(this) = cx.tty_mut(tty) {
        (this.session, this.foreground) = (Some(session), Some(pgrp));
    }
    for member in members {
        if let Some(task) = cx.k.tasks.get_mut(member) {
            task.tty = Some(tty);
        }
    }
}

/// The last close of a terminal leaves it as it was at power-on.
pub(super) fn closed(cx: &mut Ctx<'_>, tty: TtyId) {
    let Some(this) = cx.tty_mut(tty) else { return };
    this.opens = this.opens.saturating_sub(1);
    if this.opens > 0 {
        return;
    }
    *this = Tty::default();
    if let Some(terminal) = cx.hw.terminals.get_mut(tty) {
        *terminal = Default::default();
    }
}

/// The line is cut: SIGHUP and SIGCONT to the session leader and the foreground; reads end.
///
/// # Errors
/// ENODEV for a terminal that is not there or that nobody has open.
pub fn tty_hangup(cx: &mut Ctx<'_>, tty: TtyId) -> Result<(), Errno> {
    let this = cx
        .tty_mut(tty)
        .filter(|t| t.opens > 0)
        .ok_or(Errno::ENODEV)?;
    this.link = LinkState::HungUp;
    let (session, foreground, readers) = (this.session, this.foreground, this.readers.take());
    let leader = session.and_then(|s| cx.k.pids.get(s)?.task);
    if let Some(leader) = leader {
        cx.send_signal_from(leader, Signal::SIGHUP, Origin::Outside);
        cx.send_signal_from(leader, Signal::SIGCONT, Origin::Outside);
    }
    cx.signal_group(foreground, Signal::SIGHUP);
    cx.signal_group(foreground, Signal::SIGCONT);
    cx.wake_all(readers);
    Ok(())
}

/// A session leader is gone (disassociate_ctty): its foreground hears SIGHUP and the session
/// loses the terminal.
pub fn session_leader_exit(cx: &mut Ctx<'_>, tty: TtyId) {
    let task = cx.task;
    let Some(session) = cx.k.tasks.get(task).map(|t| t.session) else {
        return;
    };
    let Some(this) = cx.tty_mut(tty).filter(|t| t.session == Some(session)) else {
        return;
    };
    (this.session, _) = (None, ());
    let foreground = this.foreground.take();
    cx.signal_group(foreground, Signal::SIGHUP);
    cx.signal_group(foreground, Signal::SIGCONT);
    let members =
        cx.k.pids
            .get(session)
            .map(|p| p.session.clone())
            .unwrap_or_default();
    for member in members {
        if let Some(task) = cx.k.tasks.get_mut(member) {
            task.tty = None;
        }
    }
}

/// A background process that reads its terminal is stopped (SIGTTIN), or refused if it cannot be.
fn check_foreground(cx: &mut Ctx<'_>, tty: TtyId) -> Result<(), Errno> {
    let me = cx.me()?;
    let foreground = cx.tty(tty).and_then(|t| t.foreground);
    if me.tty != Some(tty) || foreground.is_none() || foreground == Some(me.pgrp) {
        return Ok(());
    }
    let ignores = me.signals.action(Signal::SIGTTIN) == SigAct::Ignore
        || me.signals.blocked & Signal::SIGTTIN.bit() != 0;
    forbid!(cx.why, TtyBackground, if ignores)?;
    let pgrp = me.pgrp;
    cx.signal_group(Some(pgrp), Signal::SIGTTIN);
    Ok(())
}

pub(super) fn read(
    cx: &mut Ctx<'_>,
    tty: TtyId,
    flags: OpenFlags,
    buf: &OutBuf,
    len: u64,
) -> SysResult {
    check_foreground(cx, tty)?;
    let now_ns = cx.now_ns;
    let this = cx.tty(tty).ok_or(lost!(EIO))?;
    if this.link == LinkState::HungUp || len == 0 {
        return done(0);
    }
    let is_canonical = this.mode == LineMode::Canonical;
    let end = this.ends.front().copied().filter(|_| is_canonical);
    if this.ready.is_empty() && end.is_none() {
        return nothing_yet(cx, tty, flags, now_ns);
    }
    let mut n = this.ready.len().min(len as usize);
    if is_canonical && let Some(at) = this.ready.iter().position(|b| *b == b'\n') {
        n = n.min(at + 1);
    }
    n = n.min(end.unwrap_or(n));
    cx.prepare(buf, n as u64)?;
    let this = cx.tty_mut(tty).ok_or(lost!(EIO))?;
    let bytes: Vec<u8> = this.ready.drain(..n).collect();
    // The ^D that this read has come to is used up, unless a newline ended it; in raw mode they
    // mean nothing.
    if end == Some(n) && bytes.last() != Some(&b'\n') {
        this.ends.pop_front();
    }
    if !is_canonical {
        this.ends.clear();
    }
    for at in &mut this.ends {
        *at = at.saturating_sub(n);
    }
    cx.deliver(buf, &bytes)
}

fn nothing_yet(cx: &mut Ctx<'_>, tty: TtyId, flags: OpenFlags, now_ns: u64) -> SysResult {
    let task = cx.task;
    forbid!(cx.why, WouldBlock, if flags.has(OpenFlags::NONBLOCK))?;
    let this = cx.tty_mut(tty).ok_or(lost!(EIO))?;
    let mode = this.mode;
    // VMIN 0 with VTIME: the wait has an end (termios(3)).
    if let LineMode::RawTimeout { deciseconds } = mode {
        if deciseconds == 0 {
            return done(0);
        }
        let call = cx.me_mut()?.call.as_mut().ok_or(lost!(EINVAL))?;
        if call.entries <= 1 || call.progress == 0 {
            let until_ns = now_ns.saturating_add(u64::from(deciseconds) * 100_000_000);
            call.progress = until_ns.max(1);
            cx.arm_timer(until_ns);
        } else if call.progress <= now_ns {
            if let Some(this) = cx.tty_mut(tty) {
                this.readers.remove(task);
            }
            return done(0);
        }
    }
    if let Some(this) = cx.tty_mut(tty) {
        this.readers.add(task);
    }
    Ok(Outcome::Block(BlockReason::Tty(tty)))
}

pub(super) fn write(cx: &mut Ctx<'_>, tty: TtyId, bytes: &[u8]) -> SysResult {
    let this = cx.tty(tty).ok_or(lost!(EIO))?;
    forbid!(cx.why, TtyHungUp, if this.link == LinkState::HungUp)?;
    if let Some(terminal) = cx.hw.terminals.get_mut(tty) {
        terminal.screen.write(bytes);
    }
    cx.emit(Event::TtyOutput {
        tty,
        bytes: bytes.len() as u32,
    });
    done(bytes.len() as i64)
}

/// ioctl(2), for terminals.
///
/// # Errors
/// EBADF, ENOTTY for other files, EPERM and ESRCH as ioctl_tty(2) says, EIO after a hang-up.
pub fn sys_ioctl(cx: &mut Ctx<'_>, fd: i32, request: Ioctl) -> SysResult {
    if let (Ioctl::Net(request), OpenKind::Socket(socket)) = (request, &cx.file(fd)?.1.kind) {
        let socket = *socket;
        return net::net_ioctl(cx, socket, request);
    }
    let OpenKind::Device(Device::Tty(tty)) = cx.file(fd)?.1.kind else {
        return Err(refuse!(cx.why, FdTerminal, fd));
    };
    let this = cx.tty(tty).ok_or(lost!(EIO))?;
    forbid!(cx.why, TtyHungUp, if this.link == LinkState::HungUp)?;
    let (session, foreground) = (this.session, this.foreground);
    match request {
        Ioctl::Net(_) => Err(refuse!(cx.why, IoctlSocket, fd)),
        Ioctl::Tcsets(mode) => {
            if let Some(this) = cx.tty_mut(tty) {
                this.mode = mode;
            }
            done(0)
        }
        Ioctl::Tiocsctty => {
            let me = cx.me()?;
            if me.session == me.pid && me.tty == Some(tty) && session == Some(me.session) {
                return done(0);
            }
            forbid!(cx.why, TtySessionLeader, me.pid.as_u64(), if me.session != me.pid || me.tty.is_some() || session.is_some())?;
            control(cx, tty);
            done(0)
        }
        Ioctl::Tiocspgrp(pgid) => {
            let me = cx.me()?;
            forbid!(cx.why, TtyOwn, if me.tty != Some(tty) || session != Some(me.session))?;
            forbid!(cx.why, PgidValid, pgid, if pgid < 0)?;
            let (ns, my_session) = (cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?, me.session);
            let group =
                cx.k.ns
                    .pid(ns)
                    .and_then(|n| n.map.get(pgid))
                    .ok_or_else(|| refuse!(cx.why, TtyGroupExists, pgid))?;
            let member = cx.k.pids.get(group).and_then(|p| p.pgrp.first().copied());
            let of = member
                .and_then(|t: TaskId| cx.k.tasks.get(t))
                .map(|t| t.session);
            forbid!(cx.why, TtyGroupSession, pgid, if of != Some(my_session))?;
            if let Some(this) = cx.tty_mut(tty) {
                this.foreground = Some(group);
            }
            done(0)
        }
        Ioctl::Tiocgpgrp => {
            let me = cx.me()?;
            forbid!(cx.why, TtyOwn, if me.tty != Some(tty))?;
            let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
            debug_assert!(me.state == RunState::Running);
            done(foreground.map_or(0, |g| cx.k.group_number(g, ns)))
        }
    }
}
