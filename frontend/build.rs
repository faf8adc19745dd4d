//! Reads texts and scenes as the page will read them, so that one with a mistake does not build.
//!
//! They stay files beside the page, which carries only the list of the scenes' titles. The page's
//! own reader knows a subset of Fluent: fluent-bundle would be 150 KB.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use scene::texts::Texts;
use std::fmt::{Display, Write};
use std::path::Path;
use std::{env, fs};

fn file(path: &str) -> String {
    println!("cargo::rerun-if-changed={path}");
    fs::read_to_string(path).unwrap_or_else(|e| refuse(format!("{path}: {e}")))
}

/// Ends the build with one line.
fn refuse(why: impl Display) -> ! {
    eprintln!("{why}");
    println!("cargo::error={why}");
    std::process::exit(1);
}

/// Reads the texts of the page in one language as Fluent does, and as the page will.
fn read(language: &str) -> Texts {
    let path = format!("texts/{language}/page.ftl");
    let text = file(&path);
    let resource = fluent_syntax::parser::parse(text.as_str())
        .unwrap_or_else(|(_, errors)| refuse(format!("{path}: {errors:?}")));
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let id = message.id.name;
        let pattern = message
            .value
            .unwrap_or_else(|| refuse(format!("{path}: {id} has no value")));
        for element in pattern.elements {
            match element {
                PatternElement::TextElement { .. }
                | PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { .. }),
                } => {}
                PatternElement::Placeable { .. } => {
                    refuse(format!("{path}: {id} uses more of Fluent than variables"))
                }
            }
        }
    }
    scene::texts::read(&path, &text).unwrap_or_else(|e| refuse(e))
}

/// Refuses a text of the page that exists in one language only.
fn check_page_texts() {
    let both = [read("ko"), read("en")];
    for (texts, other, name) in [(&both[0], &both[1], "en"), (&both[1], &both[0], "ko")] {
        for (id, _) in &texts.0 {
            if other.get(id).is_none() {
                refuse(format!("texts/{name}/page.ftl lacks {id}"));
            }
        }
    }
}

/// The list of scenes, each read and checked.
fn scene_list() -> String {
    let mut table = String::from("static SCENES: &[Listed] = &[\n");
    for line in file("scenes/index").lines() {
        let mut words = line.split_whitespace();
        let Some(id) = words.next() else { continue };
        let is_on_fast_path = words.next() == Some("fast");
        let path = format!("scenes/{id}.scene");
        let scene = scene::read(&path, &file(&path)).unwrap_or_else(|e| refuse(e));
        let paths = ["ko", "en"].map(|code| format!("texts/{code}/scenes/{id}.ftl"));
        let [ko, en] = paths
            .each_ref()
            .map(|path| scene::texts::read(path, &file(path)).unwrap_or_else(|e| refuse(e)));
        let files = [path.as_str(), paths[0].as_str(), paths[1].as_str()];
        scene::check::check(&scene, [&ko, &en], files).unwrap_or_else(|e| refuse(e));
        let words = |texts: &Texts| {
            let [title, lead] =
                ["title", "lead"].map(|key| texts.get(key).unwrap_or("").replace('\n', " "));
            format!("({title:?}, {lead:?})")
        };
        let _ = writeln!(
            table,
            "    Listed {{ id: {id:?}, is_on_fast_path: {is_on_fast_path}, ko: {}, en: {} }},",
            words(&ko),
            words(&en)
        );
    }
    table.push_str("];\n");
    table
}

fn main() {
    check_page_texts();
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("scenes.rs"), scene_list()).expect("OUT_DIR can be written");
}
