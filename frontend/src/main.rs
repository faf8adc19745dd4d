//! The page of Ringside: draws views of a machine and sends it commands.

mod app;
mod embed;
mod i18n;
mod lab;
mod markup;
#[cfg(all(test, target_arch = "wasm32"))]
mod mounted;
mod narration;
mod panels;
mod rescue;
mod stage;
mod story;
mod terminal;
mod timeline;
mod viz;

fn main() {
    rescue::install();
    wasm_bindgen_futures::spawn_local(async {
        match app::language().load().await {
            Ok(()) => {
                yew::Renderer::<app::App>::with_root(app::root()).render();
            }
            Err(why) => rescue::halt(&why),
        }
    });
}
