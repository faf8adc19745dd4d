//! How far the visitor has come: kept on this device only.

use web_sys::window;

const KEY: &str = "ringside-progress";

/// Scenes that were played to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress(Vec<String>);

impl Progress {
    /// A browser that keeps nothing is no error.
    pub fn load() -> Self {
        let text = storage().and_then(|s| s.get_item(KEY).ok().flatten());
        let text = text.unwrap_or_default();
        Self(
            text.split(' ')
                .filter(|id| !id.is_empty())
                .map(String::from)
                .collect(),
        )
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|done| done == id)
    }

    pub fn add(&mut self, id: &str) {
        if self.has(id) {
            return;
        }
        self.0.push(id.into());
        if let Some(storage) = storage() {
            let _kept = storage.set_item(KEY, &self.0.join(" "));
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window()?.local_storage().ok()?
}
