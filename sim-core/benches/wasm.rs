//! The figures of the model in a browser: `cargo xtask bench`. Natively there is `examples/bench.rs`.

#[cfg(target_arch = "wasm32")]
#[allow(dead_code, reason = "the native benchmark uses the rest")]
mod figures;

#[cfg(target_arch = "wasm32")]
mod in_browser {
    use super::figures::{all, history};
    use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    fn clock() -> f64 {
        js_sys::Date::now() / 1e3
    }

    #[wasm_bindgen_test]
    fn figures_in_wasm() {
        for figure in all(clock) {
            console_log!("{figure}");
        }
        console_log!("{}", history(clock, 1_000_000, 1_000));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
