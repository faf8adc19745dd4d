//! What is kept outside the wasm instance, for when it fails: see the script in index.html.

use js_sys::{Function, Reflect};
use sim_core::Session;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

const STORED: &str = "ringside-script";

fn window() -> JsValue {
    web_sys::window().map(JsValue::from).unwrap_or_default()
}

/// Leaves the page to the script outside.
pub fn halt(reason: &str) {
    let function = Reflect::get(&window(), &"__ringside_halt".into()).ok();
    if let Some(function) = function.and_then(|f| f.dyn_into().ok()) {
        let function: Function = function;
        // Nothing is left to tell if even this fails.
        let _told = function.call1(&JsValue::NULL, &reason.into());
    }
}

/// Sends panics to the plain page. With `?selftest=1` a page script can cause one.
pub fn install() {
    std::panic::set_hook(Box::new(|info| halt(&info.to_string())));
    let query = web_sys::window()
        .and_then(|w| w.location().search().ok())
        .unwrap_or_default();
    if query.contains("selftest=1") {
        let fail = Closure::<dyn Fn()>::new(|| panic!("asked for by the self-test"));
        let _set = Reflect::set(&window(), &"__ringside_fail".into(), fail.as_ref());
        fail.forget();
    }
}

/// Keeps the session's text outside.
pub fn keep(session: &Session) {
    let _set = Reflect::set(
        &window(),
        &"__ringside_script".into(),
        &session.script().into(),
    );
}

/// A session that a failed page has left, once.
pub fn left() -> Option<String> {
    let storage = Reflect::get(&window(), &"sessionStorage".into()).ok()?;
    let method = |name: &str| -> Option<Function> {
        Reflect::get(&storage, &name.into()).ok()?.dyn_into().ok()
    };
    let text = method("getItem")?
        .call1(&storage, &STORED.into())
        .ok()?
        .as_string()?;
    method("removeItem")?.call1(&storage, &STORED.into()).ok()?;
    Some(text)
}
