//! Turns texts/{ko,en}/*.ftl into one table, and refuses texts that exist in one language
//! only. The page so carries the texts and nothing of Fluent: fluent-bundle would be 150 KB.
//!
//! Scenes stay files beside the page. They are read here as the page will read them, so that one
//! with a mistake does not build; the page carries the list of their titles.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use scene::texts::Texts as SceneTexts;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::path::Path;
use std::{env, fs};

type Texts = BTreeMap<String, String>;

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

/// All texts of the page in one language, from every file of its folder.
fn read(language: &str) -> Texts {
    let folder = format!("texts/{language}");
    println!("cargo::rerun-if-changed={folder}");
    let mut texts = Texts::new();
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| refuse(format!("{folder}: {e}")));
    for entry in entries.flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if path.ends_with(".ftl") {
            read_file(&path, &mut texts);
        }
    }
    texts
}

fn read_file(path: &str, texts: &mut Texts) {
    let resource = fluent_syntax::parser::parse(file(path))
        .unwrap_or_else(|(_, errors)| refuse(format!("{path}: {errors:?}")));
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let id = message.id.name;
        let pattern = message
            .value
            .unwrap_or_else(|| refuse(format!("{path}: {id} has no value")));
        let mut text = String::new();
        for element in pattern.elements {
            match element {
                PatternElement::TextElement { value } => text.push_str(&value),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => {
                    let _ = write!(text, "{{{}}}", id.name);
                }
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::StringLiteral { value }),
                } => text.push_str(&value),
                PatternElement::Placeable { .. } => refuse(format!(
                    "{path}: {id} uses more of Fluent than variables and strings"
                )),
            }
        }
        if texts.insert(id.clone(), text).is_some() {
            refuse(format!("{path}: {id} twice"));
        }
    }
}

fn page_texts() -> String {
    let (ko, en) = (read("ko"), read("en"));
    if let Some(id) = ko.keys().find(|id| !en.contains_key(*id)) {
        refuse(format!("texts/en lacks {id}"));
    }
    if let Some(id) = en.keys().find(|id| !ko.contains_key(*id)) {
        refuse(format!("texts/ko lacks {id}"));
    }
    let mut table = String::from("pub static TEXTS: &[(&str, &str, &str)] = &[\n");
    for (id, text) in &ko {
        let _ = writeln!(table, "    ({id:?}, {text:?}, {:?}),", en[id]);
    }
    table.push_str("];\n");
    table
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
        let words = |texts: &SceneTexts| {
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
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, text: String| {
        fs::write(Path::new(&out).join(name), text).expect("OUT_DIR can be written");
    };
    write("texts.rs", page_texts());
    write("scenes.rs", scene_list());
}
