//! Out of memory: somebody is chosen and killed, and who needed the frame waits for it.

use crate::event::Event;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::sched::Phase;
use crate::kernel::signal::Origin;
use crate::kernel::task::{RunState, TaskId};
use crate::kernel::{BlockReason, Ctx, Signal};

/// Whoever has this is never chosen.
pub const OOM_SCORE_ADJ_MIN: i64 = -1000;

/// Out of memory in a page fault of the calling task (mm/oom_kill.c). The victim is the process
/// with the most resident pages, page tables and points for /proc/PID/oom_score_adj, never the first.
pub fn out_of_memory(cx: &mut Ctx<'_>) -> Phase {
    let id = cx.task;
    if let Some(group) = cx.k.cgroups.over_limit.take() {
        return group_out_of_memory(cx, group);
    }
    match victim(cx) {
        Some((victim, rss_pages)) => {
            cx.emit(Event::OomKill { victim, rss_pages });
            refuse!(cx.why, OomVictim, victim => rss_pages);
            cx.send_signal_from(victim, Signal::SIGKILL, Origin::Outside);
            if victim == id {
                return Phase::Return;
            }
        }
        // Somebody dies already: wait for its frames. Nobody can: the first process itself is
        // all that is left, and Linux panics.
        None if somebody_dies(cx) => {}
        None => {
            cx.k.panic = Some("Out of memory and no killable processes".into());
            return Phase::Schedule;
        }
    }
    cx.k.mm.waiting.add(id);
    if let Some(task) = cx.k.tasks.get_mut(id) {
        task.state = RunState::Blocked(BlockReason::Memory);
    }
    Phase::Schedule
}

/// The limit of a control group: the victim is somebody in it, and nobody is charged until the
/// victim has given back what it had.
fn group_out_of_memory(cx: &mut Ctx<'_>, group: CgroupId) -> Phase {
    let id = cx.task;
    let dies =
        cx.k.tasks.iter().any(|(id, task)| {
            task.mm.is_some() && is_dying(task) && cx.k.is_charged_within(id, group)
        });
    let victim = if dies {
        None
    } else {
        let max = cx.k.cgroups.get(group).and_then(|group| group.memory.max);
        largest(cx, max.unwrap_or(0), |cx, id| {
            cx.k.is_charged_within(id, group)
        })
    };
    if let Some((victim, rss_pages)) = victim {
        let charged = cx.k.tasks.get(victim).map(|task| task.cgroups.memory);
        cx.k.cgroups.note_oom(group, charged);
        cx.emit(Event::OomKill { victim, rss_pages });
        refuse!(cx.why, OomVictim, victim => rss_pages);
        cx.send_signal_from(victim, Signal::SIGKILL, Origin::Outside);
        if victim == id {
            return Phase::Return;
        }
    }
    cx.k.mm.waiting.add(id);
    if let Some(task) = cx.k.tasks.get_mut(id) {
        task.state = RunState::Blocked(BlockReason::Memory);
    }
    Phase::Schedule
}

fn is_dying(task: &crate::kernel::Task) -> bool {
    task.exiting.is_some() || task.signals.pending & Signal::SIGKILL.bit() != 0
}

fn somebody_dies(cx: &Ctx<'_>) -> bool {
    cx.k.tasks
        .iter()
        .any(|(_, task)| task.mm.is_some() && is_dying(task))
}

fn victim(cx: &Ctx<'_>) -> Option<(TaskId, u64)> {
    // One at a time: while somebody dies, nobody else is chosen.
    if somebody_dies(cx) {
        return None;
    }
    let all = cx.k.mm.frames.total() + cx.k.mm.swap.total();
    largest(cx, all, |cx, id| Some(id) != cx.k.init)
}

/// The task with the most memory among those that may be chosen, the youngest of several (oom_evaluate_task).
fn largest(
    cx: &Ctx<'_>,
    all_pages: u64,
    may: impl Fn(&Ctx<'_>, TaskId) -> bool,
) -> Option<(TaskId, u64)> {
    let candidates = cx.k.tasks.iter().filter(|(id, _)| may(cx, *id));
    candidates
        .filter_map(|(id, task)| {
            let space = cx.k.mm.spaces.get(task.mm?)?;
            let adjusts = task.security.oom_score_adj;
            if adjusts == OOM_SCORE_ADJ_MIN {
                return None;
            }
            let used = space.rss.total() + space.table_frames;
            Some((
                used as i64 + adjusts * (all_pages / 1000) as i64,
                task.born,
                id,
                space.rss.total(),
            ))
        })
        .max_by_key(|(points, born, _, _)| (*points, *born))
        .map(|(_, _, id, rss)| (id, rss))
}
