//! The figures of the model in a browser: `cargo xtask bench`. Natively there is `examples/bench.rs`.

#[cfg(target_arch = "wasm32")]
#[allow(dead_code, reason = "the native benchmark uses the rest")]
mod figures;

#[cfg(target_arch = "wasm32")]
mod in_browser {
    use super::figures::{Figure, among, history, rates};
    use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    fn clock() -> f64 {
        js_sys::Date::now() / 1e3
    }

    fn print(figures: Vec<Figure>) {
        figures.iter().for_each(|figure| console_log!("{figure}"));
    }

    // Several, since a browser is given up that does not answer for 30 seconds.
    #[wasm_bindgen_test]
    fn rates_in_wasm() {
        print(rates(clock));
    }

    #[wasm_bindgen_test]
    fn figures_in_wasm() {
        print(among(clock, 10));
    }

    #[wasm_bindgen_test]
    fn figures_in_wasm_among_10_000_processes() {
        print(among(clock, 10_000));
    }

    #[wasm_bindgen_test]
    fn history_in_wasm() {
        console_log!("{}", history(clock, 1_000_000, 1_000));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
