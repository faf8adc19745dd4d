//! Texts in two equal languages, from texts/{ko,en}/page.ftl.

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Ko,
    En,
}

impl Lang {
    pub fn code(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
        }
    }

    /// The language that a code (`ko`, `ko-KR`, ...) names, if it is one of the two.
    pub fn from_code(code: &str) -> Option<Lang> {
        match code.split('-').next()? {
            "ko" => Some(Lang::Ko),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// A text without variables. An id that does not exist is shown as itself; a test sees to it
    /// that there is none.
    pub fn t(self, id: &'static str) -> &'static str {
        match TEXTS.binary_search_by(|(key, _, _)| (*key).cmp(id)) {
            Ok(at) => match self {
                Lang::Ko => TEXTS[at].1,
                Lang::En => TEXTS[at].2,
            },
            Err(_) => id,
        }
    }

    /// A text with its variables filled in.
    pub fn tf(self, id: &'static str, values: &[(&str, &str)]) -> String {
        let mut text = self.t(id).to_string();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every id in the sources exists, and every text is used.
    #[test]
    fn ids_and_texts_agree() {
        let mut sources = String::new();
        let mut dirs = vec![std::path::PathBuf::from("src")];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).expect("the sources are there") {
                let path = entry.expect("the sources can be listed").path();
                match path.extension() {
                    None => dirs.push(path),
                    Some(_) => sources.push_str(&std::fs::read_to_string(path).expect("UTF-8")),
                }
            }
        }
        for (id, _, _) in TEXTS {
            assert!(sources.contains(&format!("\"{id}\"")), "nobody shows {id}");
        }
        for call in ["lang.t(\"", "lang.tf(\""] {
            for part in sources.split(call).skip(1) {
                let id = part.split('"').next().unwrap_or_default();
                assert!(TEXTS.iter().any(|(key, _, _)| *key == id), "no text {id}");
            }
        }
    }

    #[test]
    fn variables_are_the_same_in_both_languages() {
        let variables = |text: &str| {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|p| Some(p.split_once('}')?.0.to_string()))
                .collect();
            found.sort();
            found
        };
        for (id, ko, en) in TEXTS {
            assert_eq!(variables(ko), variables(en), "{id}");
        }
    }
}
