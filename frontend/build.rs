//! Turns texts/{ko,en}/page.ftl into one table, and refuses texts that exist in one language
//! only. The page so carries the texts and nothing of Fluent: fluent-bundle would be 150 KB.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

type Texts = BTreeMap<String, String>;

fn read(language: &str) -> Texts {
    let path = format!("texts/{language}/page.ftl");
    println!("cargo::rerun-if-changed={path}");
    let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let resource = fluent_syntax::parser::parse(source)
        .unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
    let mut texts = Texts::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let id = message.id.name;
        let pattern = message
            .value
            .unwrap_or_else(|| panic!("{path}: {id} has no value"));
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
                PatternElement::Placeable { .. } => {
                    panic!("{path}: {id} uses more of Fluent than variables and strings")
                }
            }
        }
        assert!(
            texts.insert(id.clone(), text).is_none(),
            "{path}: {id} twice"
        );
    }
    texts
}

fn main() {
    let (ko, en) = (read("ko"), read("en"));
    if let Some(id) = ko.keys().find(|id| !en.contains_key(*id)) {
        panic!("texts/en/page.ftl lacks {id}");
    }
    if let Some(id) = en.keys().find(|id| !ko.contains_key(*id)) {
        panic!("texts/ko/page.ftl lacks {id}");
    }
    let mut table = String::from("pub static TEXTS: &[(&str, &str, &str)] = &[\n");
    for (id, text) in &ko {
        let _ = writeln!(table, "    ({id:?}, {text:?}, {:?}),", en[id]);
    }
    table.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("texts.rs"), table).expect("OUT_DIR can be written");
}
