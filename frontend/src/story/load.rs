//! Scenes and their texts are files beside the page; the single-file page has them within.

use crate::i18n::Lang;
use scene::Scene;
use scene::texts::{self, Texts};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, window};

/// A scene with its words in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub id: String,
    pub lang: Lang,
    pub scene: Rc<Scene>,
    pub texts: Rc<Texts>,
    /// Where to begin, from 0.
    pub at: usize,
}

/// Reads a scene.
///
/// # Errors
/// One line for the visitor: which file, which line, what is wrong.
pub async fn load(id: String, lang: Lang, at: usize) -> Result<Loaded, String> {
    let scene_file = format!("scenes/{id}.scene");
    let texts_file = format!("texts/{}/scenes/{id}.ftl", lang.code());
    let scene = file(&scene_file)
        .await
        .map_err(|why| lang.tf("story-missing", &[("id", &id), ("why", &why)]))?;
    let scene = scene::read(&scene_file, &scene).map_err(|e| e.to_string())?;
    let texts = texts::read(&texts_file, &file(&texts_file).await?).map_err(|e| e.to_string())?;
    Ok(Loaded {
        id,
        lang,
        scene: scene.into(),
        texts: texts.into(),
        at,
    })
}

/// The text of a file beside the page.
///
/// # Errors
/// One line: which file, and why not.
pub async fn file(path: &str) -> Result<String, String> {
    let window = window().ok_or("no window")?;
    let within = window.document().and_then(|d| d.get_element_by_id(path));
    if let Some(text) = within.and_then(|element| element.text_content()) {
        return Ok(text);
    }
    let failed = || format!("{path}: it cannot be loaded");
    let response = JsFuture::from(window.fetch_with_str(path)).await;
    let response: Response = response
        .ok()
        .and_then(|r| r.dyn_into().ok())
        .ok_or_else(failed)?;
    if !response.ok() {
        return Err(format!("{path}: {}", response.status()));
    }
    let text = response.text().map_err(|_| failed())?;
    let text = JsFuture::from(text).await.map_err(|_| failed())?;
    text.as_string().ok_or_else(failed)
}
