//! Seeing through a process's eyes for as long as its window's bar, its row or a key is held.

use super::{App, Msg};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};
use yew::html::Scope;

/// How long a press is no click any more.
const HOLD_MS: u32 = 260;
/// Moving further than this is scrolling or selecting, in pixels.
const STILL_PX: i32 = 8;
/// What can be held.
const HANDLES: &str = ".look .proc[data-task] .bar, .look tr[data-task]";

/// What is held down.
#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    /// Not long enough yet.
    Soon {
        at: (i32, i32),
        #[allow(dead_code)]
        timer: Timeout,
    },
    /// One sees through its eyes. The click that follows is none.
    Pointer,
    /// The click that follows a release.
    Click,
    Key,
}

type State = Rc<RefCell<Held>>;

pub fn listeners(link: &Scope<App>) -> Vec<EventListener> {
    let state = State::default();
    let options = EventListenerOptions {
        phase: gloo::events::EventListenerPhase::Capture,
        passive: false,
    };
    let document = super::document();
    let on = |target: &web_sys::EventTarget, name: &'static str| {
        let (state, link) = (state.clone(), link.clone());
        EventListener::new_with_options(target, name, options, move |event| {
            happened(&state, &link, event);
        })
    };
    let names = [
        "pointerdown",
        "pointermove",
        "pointerup",
        "pointercancel",
        "click",
        "contextmenu",
        "touchmove",
        "keydown",
        "keyup",
    ];
    let mut all: Vec<EventListener> = names.iter().map(|name| on(&document, name)).collect();
    all.push(on(&super::window(), "blur"));
    all
}

fn happened(state: &State, link: &Scope<App>, event: &Event) {
    let see = |task| link.send_message(Msg::Eyes(task));
    let held = &mut *state.borrow_mut();
    // Not of the window, but of an element in it.
    if event.type_() == "blur" && element(event).is_some() {
        return;
    }
    match event.type_().as_str() {
        "pointerdown" => {
            *held = Held::Nothing;
            let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
                return;
            };
            let handle = element(event).and_then(|e| e.closest(HANDLES).ok()?);
            let Some(task) = handle.and_then(task_of).filter(|_| mouse.button() == 0) else {
                return;
            };
            let (later, link) = (state.clone(), link.clone());
            let timer = Timeout::new(HOLD_MS, move || {
                *later.borrow_mut() = Held::Pointer;
                link.send_message(Msg::Eyes(Some(task)));
            });
            let at = (mouse.client_x(), mouse.client_y());
            *held = Held::Soon { at, timer };
        }
        "pointermove" => {
            if let (Held::Soon { at, .. }, Some(mouse)) = (&*held, event.dyn_ref::<MouseEvent>()) {
                let far = (mouse.client_x() - at.0).abs() + (mouse.client_y() - at.1).abs();
                if far > STILL_PX {
                    *held = Held::Nothing;
                }
            }
        }
        "pointerup" | "pointercancel" | "blur" => match held {
            Held::Pointer => {
                *held = Held::Click;
                see(None);
            }
            Held::Key if event.type_() == "blur" => {
                *held = Held::Nothing;
                see(None);
            }
            Held::Soon { .. } => *held = Held::Nothing,
            Held::Nothing | Held::Click | Held::Key => {}
        },
        "click" => {
            if let Held::Click = held {
                *held = Held::Nothing;
                event.stop_propagation();
                event.prevent_default();
            }
        }
        "contextmenu" | "touchmove" => {
            if let Held::Pointer = held {
                event.prevent_default();
            }
        }
        "keydown" => {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else {
                return;
            };
            if key.key() == "Escape" {
                see(None);
            }
            let element = element(event);
            if !is_eye_key(key) || key.repeat() || takes_text(element.as_ref()) {
                return;
            }
            let near = element.and_then(|e| e.closest(".look [data-task]").ok()?);
            let chosen = || {
                super::document()
                    .query_selector(".look .sel[data-task]")
                    .ok()?
            };
            if let Some(task) = near.or_else(chosen).and_then(task_of) {
                *held = Held::Key;
                see(Some(task));
            }
        }
        "keyup" => {
            let is_ours = event.dyn_ref().is_some_and(is_eye_key);
            if is_ours && matches!(held, Held::Key) {
                *held = Held::Nothing;
                see(None);
            }
        }
        _ => {}
    }
}

/// E, whatever the layout or input method makes of it.
fn is_eye_key(key: &KeyboardEvent) -> bool {
    let plain = !key.ctrl_key() && !key.alt_key() && !key.meta_key();
    plain && (key.code() == "KeyE" || key.key() == "e")
}

fn takes_text(element: Option<&Element>) -> bool {
    element.is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

fn element(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn task_of(handle: Element) -> Option<u64> {
    let owner = handle.closest("[data-task]").ok()??;
    owner.get_attribute("data-task")?.parse().ok()
}
