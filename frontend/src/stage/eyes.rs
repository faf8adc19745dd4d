//! The stage as one task perceives it: what `view::eyes` says, in place of what the kernel knows.

use super::Crossings;
use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use sim_core::view::{EyesView, FrameCell, FrameKind, RamView, SeenPage, SeenProc, StripCell};
use yew::prelude::*;

pub fn icon() -> Html {
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd"
            d="M8 3C4.5 3 1.8 5.3 1 8c.8 2.7 3.5 5 7 5s6.2-2.3 7-5c-.8-2.7-3.5-5-7-5zm0 1.5c2.6 0 4.6 1.5 5.4 3.5-.8 2-2.800 3.5-5.4 3.5S3.400 10 2.600 8C3.400 6 5.400 4.500 8 4.500zm0 1.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z"></path></svg>
    }
}

/// Its pages in address order, from the first cell on; nothing else.
pub fn ram(eyes: &EyesView, ram: &RamView) -> RamView {
    let cell = |page: &SeenPage| FrameCell {
        kind: match page.kind {
            StripCell::File => FrameKind::PageCache,
            StripCell::Shared => FrameKind::Shared,
            StripCell::Private => FrameKind::Process,
            StripCell::Absent | StripCell::Swapped => FrameKind::Free,
            StripCell::ZeroPage => FrameKind::Kernel,
        },
        owner: Some(eyes.task),
        selected: false,
    };
    let mut own = RamView {
        cells: eyes.pages.iter().map(cell).collect(),
        ..*ram
    };
    own.count();
    own
}

/// Its own calls; interrupts are the kernel's.
pub fn crossings(eyes: &EyesView, all: &Crossings) -> Crossings {
    let own = all.above.iter().filter(|call| call.task == eyes.task);
    Crossings {
        above: own.cloned().collect(),
        below: Vec::new(),
    }
}

/// Says through whose eyes one sees, and how much that is.
pub fn through(lang: Lang, eyes: Option<&EyesView>, send: &Callback<Msg>) -> Html {
    let text = eyes.map(|eyes| {
        let values = [
            ("name", eyes.comm.as_str()),
            ("host", &eyes.hostname),
            ("pid", &eyes.pid.to_string()),
            ("seen", &eyes.tasks.len().to_string()),
            ("all", &eyes.all_tasks.to_string()),
        ];
        lang.tf("eyes-caption", &values)
    });
    html! {
        <div class="through" role="status" data-testid="through">
            if let Some(text) = text {
                <span>{ text }</span>
                <button class="mini" data-testid="eyes-off" onclick={send.tells(Msg::Eyes(None))}>{ lang.t("eyes-off") }</button>
            }
        </div>
    }
}

/// What it is told when it asks, by the command that asks.
pub fn world(lang: Lang, eyes: &EyesView) -> Html {
    let devices = eyes
        .devices
        .iter()
        .map(|device| match device.addr.as_str() {
            "" => device.name.clone(),
            addr => format!("{} {addr}", device.name),
        });
    let devices: Vec<String> = devices.collect();
    let proc = match &eyes.proc {
        SeenProc::Absent => lang.t("eyes-proc-none").to_string(),
        SeenProc::Own => lang.tf("eyes-proc", &[("count", &eyes.tasks.len().to_string())]),
        SeenProc::Other(numbers) => {
            lang.tf("eyes-proc-other", &[("count", &numbers.len().to_string())])
        }
    };
    let user = match eyes.user.as_str() {
        "" => format!("uid={} gid={}", eyes.uid, eyes.gid),
        user => format!("uid={}({user}) gid={}", eyes.uid, eyes.gid),
    };
    let mut lines = vec![
        ("echo $$ $PPID", format!("{} {}", eyes.pid, eyes.ppid)),
        ("hostname", eyes.hostname.clone()),
        ("ls /", eyes.root.entries.join("  ")),
        ("ls /proc", proc),
        ("id", user),
        ("ip a", devices.join(", ")),
        ("cgroup", eyes.cgroup.clone()),
    ];
    if eyes.boot_offset_ns != 0 {
        let seconds = eyes.boot_offset_ns / 1_000_000_000;
        lines.push((
            "uptime",
            lang.tf("eyes-clock", &[("seconds", &seconds.to_string())]),
        ));
    }
    html! {
        <div class="details world" data-testid="world">
            <div class="cap">{ lang.tf("eyes-told", &[("name", &eyes.comm)]) }</div>
            <dl>{ for lines.into_iter().map(|(asks, told)| html! { <><dt><code>{ asks }</code></dt><dd>{ told }</dd></> }) }</dl>
        </div>
    }
}
