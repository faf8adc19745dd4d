//! Wall time to simulated time.
//!
//! While all CPUs are idle a second is a second; while one is busy, time is stretched so that it
//! can be seen.

use sim_core::Session;

/// By how much busy time may be slowed.
pub const SPEEDS: [u64; 5] = [1, 10, 100, 1_000, 10_000];
pub const DEFAULT_SPEED: u64 = 100;
/// Ticks that one frame may do: about 5 ms of work, so that a frame never stalls.
pub const TICKS_PER_FRAME: u64 = 10_000;
/// Longest wall time that one call makes up for; the rest of a long pause is let go.
const LONGEST_NS: u64 = 100_000_000;
/// While nothing happens the clock on the page is brought up to date this often.
pub const IDLE_REFRESH_MS: u32 = 1_000;

/// Lets `wall_ns` of real time pass, in at most `ticks` ticks. Returns when the page should look
/// again.
pub fn advance(
    session: &mut Session,
    wall_ns: u64,
    slowdown: u64,
    idle_wait: IdleWait,
    ticks: u64,
) -> Next {
    let slowdown = slowdown.max(1);
    let mut left = match idle_wait {
        IdleWait::Short => wall_ns.min(LONGEST_NS),
        IdleWait::Slept => wall_ns,
    };
    let mut ticks = ticks;
    while left > 0 && ticks > 0 && session.machine().halted().is_none() {
        let now = session.now_ns();
        if session.machine().is_idle() {
            let due = session.machine().next_tick_ns().unwrap_or(u64::MAX);
            let wait = due.saturating_sub(now).min(left);
            // Up to, but not into, the next busy moment.
            session.advance(
                now.saturating_add(wait),
                if wait < left { 1 } else { ticks },
            );
            left -= wait;
            if wait == 0 && session.now_ns() == now && session.machine().is_idle() {
                break;
            }
            ticks -= 1;
        } else {
            let slice = (left / slowdown).max(1);
            let before = session.ticks();
            session.advance(now.saturating_add(slice), ticks);
            ticks = ticks.saturating_sub(session.ticks() - before);
            left = 0;
        }
    }
    if session.machine().halted().is_some() {
        return Next::Never;
    }
    if !session.machine().is_idle() {
        return Next::Frame;
    }
    let due = session
        .machine()
        .next_tick_ns()
        .map(|due| due.saturating_sub(session.now_ns()));
    let due_ms = due.map_or(IDLE_REFRESH_MS, |ns| {
        (ns / 1_000_000).min(u64::from(IDLE_REFRESH_MS)) as u32
    });
    Next::Timeout(due_ms.max(1))
}

/// Whether the page has slept on purpose since the last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleWait {
    Short,
    Slept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At the next animation frame: something runs.
    Frame,
    /// After so many milliseconds: nothing happens before.
    Timeout(u32),
    /// The machine has halted.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::BootOptions;

    fn idle_session() -> Session {
        let mut session = Session::new(BootOptions::default());
        session.advance(1_000_000_000, u64::MAX);
        assert!(session.machine().is_idle());
        session
    }

    #[test]
    fn idle_time_is_real_time() {
        let mut session = idle_session();
        let before = session.now_ns();
        let next = advance(
            &mut session,
            50_000_000,
            100,
            IdleWait::Short,
            TICKS_PER_FRAME,
        );
        assert_eq!(session.now_ns() - before, 50_000_000);
        assert!(matches!(next, Next::Timeout(_)));
    }

    #[test]
    fn busy_time_is_slowed() {
        let mut session = idle_session();
        session.launch("word");
        let before = session.now_ns();
        let next = advance(
            &mut session,
            16_000_000,
            1_000,
            IdleWait::Short,
            TICKS_PER_FRAME,
        );
        assert_eq!(next, Next::Frame);
        assert!(
            session.now_ns() - before < 100_000,
            "{}",
            session.now_ns() - before
        );
    }

    #[test]
    fn a_program_starts_within_a_few_seconds_of_frames() {
        let mut session = idle_session();
        session.launch("ppt");
        for _ in 0..300 {
            advance(
                &mut session,
                16_666_667,
                DEFAULT_SPEED,
                IdleWait::Short,
                TICKS_PER_FRAME,
            );
        }
        assert!(
            sim_core::view::tasks(session.machine())
                .iter()
                .any(|t| &*t.comm == "ppt")
        );
    }
}
