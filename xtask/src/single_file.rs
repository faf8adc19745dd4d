//! The page as one file: what index.html links is put into it, so that it works from disk.
//!
//! A page opened from disk may not load modules or wasm from its neighbours, so the module's text
//! becomes an inline module script and the wasm a base64 string in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The text of the single file, from the site in `dist`.
pub fn make(dist: &Path) -> Result<String> {
    let page = inline(&read(dist, "index.html")?, &|name| {
        fs::read(dist.join(name)).with_context(|| format!("index.html names {name}"))
    })
    .context("cannot make the single file")?;
    let mut texts = String::new();
    for name in text_files(dist)? {
        let text = embeddable(&read(dist, &name)?);
        texts.push_str(&format!(
            "<script type=\"text/plain\" id=\"{name}\">{text}</script>\n"
        ));
    }
    // Before the page's own scripts run, which look for them.
    Ok(page.replacen("<body>", &format!("<body>\n{texts}"), 1))
}

/// Scenes and words, as the page asks for them.
fn text_files(dist: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in [
        "scenes",
        "texts/ko",
        "texts/en",
        "texts/ko/scenes",
        "texts/en/scenes",
    ] {
        let dir = dist.join(folder);
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    names.sort();
    Ok(names)
}

fn read(dist: &Path, name: &str) -> Result<String> {
    let file = dist.join(name);
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>>;

fn inline(html: &str, read_file: ReadFile<'_>) -> Result<String> {
    let mut page = String::with_capacity(html.len() * 2);
    let mut rest = html;
    while let Some(tag) = next_tag(rest) {
        page.push_str(&rest[..tag.start]);
        rest = &rest[tag.end..];
        if tag.name == "script" {
            let close = rest
                .find("</script>")
                .context("a script in index.html does not end")?;
            page.push_str(&script(&tag, &rest[..close], read_file)?);
            rest = &rest[close + "</script>".len()..];
        } else {
            page.push_str(&link(&tag, read_file)?);
        }
    }
    page.push_str(rest);
    Ok(page)
}

fn link(tag: &Tag<'_>, read_file: ReadFile<'_>) -> Result<String> {
    let (Some(rel), Some(href)) = (tag.attribute("rel"), tag.attribute("href")) else {
        return Ok(tag.text.to_string());
    };
    let Some(name) = local(href) else {
        return Ok(tag.text.to_string());
    };
    match rel {
        "stylesheet" => {
            let css = text(read_file(name)?, name)?;
            if css
                .replace("url(data:", "")
                .replace("url(#", "")
                .contains("url(")
            {
                bail!("{name} loads a file of its own with url(); make it a data: URL");
            }
            Ok(format!("<style>{css}</style>"))
        }
        "icon" => {
            let kind = match name.rsplit_once('.') {
                Some((_, "svg")) => "image/svg+xml",
                Some((_, "png")) => "image/png",
                _ => bail!("the icon {name} is neither SVG nor PNG"),
            };
            let data = BASE64.encode(read_file(name)?);
            Ok(format!(
                r#"<link rel="icon" href="data:{kind};base64,{data}">"#
            ))
        }
        // What was to be loaded early is here already; other neighbours are out of reach.
        _ => Ok(String::new()),
    }
}

fn script(tag: &Tag<'_>, body: &str, read_file: ReadFile<'_>) -> Result<String> {
    if let Some(name) = tag.attribute("src").and_then(local) {
        let source = text(read_file(name)?, name)?;
        let kind = tag
            .attribute("type")
            .map(|kind| format!(r#" type="{kind}""#))
            .unwrap_or_default();
        return Ok(format!("<script{kind}>{}</script>", embeddable(&source)));
    }
    let Some(module) = quoted_ending(body, ".js") else {
        return Ok(format!("{}{body}</script>", tag.text));
    };
    let wasm = quoted_ending(body, ".wasm")
        .with_context(|| format!("the script that starts {module} names no wasm file"))?;
    let source = text(read_file(module)?, module)?;
    if source.contains("'./snippets/") || source.contains("\"./snippets/") {
        bail!("{module} imports a file of its own; use a crate without JavaScript snippets");
    }
    let init = default_export(&source)
        .with_context(|| format!("{module} does not export a default function"))?;
    let base64 = BASE64.encode(read_file(wasm)?);
    Ok(format!(
        r#"<script type="module">
{}
{{
const bytes = Uint8Array.from(atob("{base64}"), (c) => c.charCodeAt(0));
const wasm = await {init}({{ module_or_path: bytes }});
dispatchEvent(new CustomEvent("TrunkApplicationStarted", {{ detail: {{ wasm }} }}));
}}
</script>"#,
        embeddable(&source)
    ))
}

/// An HTML parser ends a script at the first end tag, whatever JavaScript makes of it.
fn embeddable(source: &str) -> String {
    source.replace("</script", "<\\/script")
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String> {
    String::from_utf8(bytes).with_context(|| format!("{name} is not text"))
}

/// The name in the module of what it exports as default.
fn default_export(source: &str) -> Option<&str> {
    let before = &source[..source.rfind(" as default")?];
    let start = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .map_or(0, |at| at + 1);
    (start < before.len()).then(|| &before[start..])
}

/// A relative address, without its leading `./`.
fn local(href: &str) -> Option<&str> {
    let elsewhere = href.contains(':') || href.starts_with('/') || href.starts_with('#');
    (!elsewhere).then(|| href.strip_prefix("./").unwrap_or(href))
}

/// The first quoted string that ends so, as a local name.
fn quoted_ending<'a>(source: &'a str, ending: &str) -> Option<&'a str> {
    source
        .split(['\'', '"', '`'])
        .skip(1)
        .step_by(2)
        .find(|quoted| quoted.ends_with(ending))
        .and_then(local)
}

/// A start tag of a `link` or a `script`.
struct Tag<'a> {
    name: &'static str,
    text: &'a str,
    start: usize,
    end: usize,
}

/// The first of them outside comments.
fn next_tag(html: &str) -> Option<Tag<'_>> {
    let mut from = 0;
    loop {
        let start = from + html[from..].find('<')?;
        let here = &html[start..];
        if here.starts_with("<!--") {
            from = start + here.find("-->")?;
            continue;
        }
        let name = ["link", "script"]
            .into_iter()
            .find(|name| here[1..].starts_with(name));
        let end = start + here.find('>')? + 1;
        match name {
            Some(name) => {
                return Some(Tag {
                    name,
                    text: &html[start..end],
                    start,
                    end,
                });
            }
            None => from = start + 1,
        }
    }
}

impl<'a> Tag<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.text;
        loop {
            let at = rest.find(name)?;
            let preceded_by_space = rest[..at].ends_with(char::is_whitespace);
            rest = &rest[at + name.len()..];
            if let (true, Some(value)) = (preceded_by_space, rest.strip_prefix('=')) {
                return Some(match value.chars().next()? {
                    quote @ ('"' | '\'') => value[1..].split(quote).next()?,
                    _ => value
                        .split(|c: char| c.is_whitespace() || c == '>')
                        .next()?,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str) -> Result<Vec<u8>> {
        Ok(match name {
            "page-1.css" => b"body { color: red }".to_vec(),
            "page-1.js" => {
                b"let wasm; const end = '</script>'; export { initSync, __wbg_init as default };"
                    .to_vec()
            }
            "page-1_bg.wasm" => vec![0, 0x61, 0x73, 0x6d],
            "icon.svg" => b"<svg/>".to_vec(),
            other => bail!("no file {other}"),
        })
    }

    #[test]
    fn everything_linked_is_put_inside() {
        let page = inline(
            r#"<head><!-- <link rel="stylesheet" href="gone.css"> -->
<link rel="modulepreload" href="./page-1.js" crossorigin=anonymous>
<link rel="stylesheet" href="./page-1.css" integrity="x"><link rel=icon href=./icon.svg>
<link rel="canonical" href="https://example.org/"></head>
<script type="module">
import init, * as bindings from './page-1.js';
const wasm = await init({ module_or_path: './page-1_bg.wasm' });
</script>"#,
            &files,
        )
        .unwrap();
        assert!(page.contains("<style>body { color: red }</style>"));
        assert!(page.contains("href=\"data:image/svg+xml;base64,PHN2Zy8+\""));
        assert!(page.contains("atob(\"AGFzbQ==\")"));
        assert!(page.contains("await __wbg_init("));
        assert!(page.contains("https://example.org/"));
        assert!(!page.contains("preload"));
        assert!(!page.contains("./page-1"));
        assert_eq!(page.matches("</script>").count(), 1);
    }

    #[test]
    fn a_script_without_a_module_stays() {
        let html = "<script>document.title = 'x';</script><p>";
        assert_eq!(inline(html, &files).unwrap(), html);
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let html = r#"<link rel="stylesheet" href="./gone.css">"#;
        assert!(inline(html, &files).is_err());
    }
}
