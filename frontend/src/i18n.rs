//! Texts in two equal languages. They are files beside the page, of which a visitor loads one: each
//! is 5 KB (brotli).

use crate::story::load;
use scene::texts::{self, Texts};
use sim_core::store::sorted;
use std::cell::Cell;
use std::thread::LocalKey;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Ko,
    En,
}

/// What a file of texts says, by key in order. It stays for as long as the page does.
type Table = &'static [(String, String)];

thread_local! {
    static KO: Cell<Option<Table>> = const { Cell::new(None) };
    static EN: Cell<Option<Table>> = const { Cell::new(None) };
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

    /// Loads its texts; once is enough.
    ///
    /// # Errors
    /// One line for the visitor: which file, what is wrong.
    pub async fn load(self) -> Result<(), String> {
        if self.is_loaded() {
            return Ok(());
        }
        let file = ["texts/", self.code(), "/page.ftl"].concat();
        let text = load::file(&file).await?;
        self.keep(texts::read(&file, &text).map_err(|e| e.to_string())?);
        Ok(())
    }

    pub fn is_loaded(self) -> bool {
        self.table().get().is_some()
    }

    fn table(self) -> &'static LocalKey<Cell<Option<Table>>> {
        match self {
            Lang::Ko => &KO,
            Lang::En => &EN,
        }
    }

    fn keep(self, texts: Texts) {
        self.table().set(Some(Vec::leak(sorted(texts.0))));
    }

    /// A text without variables. An id that does not exist is shown as itself; a test sees to it
    /// that there is none.
    pub fn t(self, id: &'static str) -> &'static str {
        #[cfg(test)]
        self.keep_for_tests();
        let table = self.table().get().unwrap_or_default();
        match table.binary_search_by(|(key, _)| key.as_str().cmp(id)) {
            Ok(at) => &table[at].1,
            Err(_) => id,
        }
    }

    /// A text with its variables filled in.
    pub fn tf(self, id: &'static str, values: &[(&str, &str)]) -> String {
        texts::fill(self.t(id), &mut |name| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value).into())
        })
    }

    #[cfg(test)]
    fn keep_for_tests(self) {
        if !self.is_loaded() {
            let text = match self {
                Lang::Ko => include_str!("../texts/ko/page.ftl"),
                Lang::En => include_str!("../texts/en/page.ftl"),
            };
            self.keep(texts::read("page.ftl", text).expect("the build has read it"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lang: Lang) -> Table {
        lang.keep_for_tests();
        lang.table().get().expect("it was loaded")
    }

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
        for (id, _) in texts(Lang::En) {
            assert!(sources.contains(&format!("\"{id}\"")), "nobody shows {id}");
        }
        for call in ["lang.t(\"", "lang.tf(\""] {
            for part in sources.split(call).skip(1) {
                let id = part.split('"').next().unwrap_or_default();
                let is_known = texts(Lang::En).iter().any(|(key, _)| *key == id);
                assert!(is_known, "no text {id}");
            }
        }
    }

    #[test]
    fn keys_and_variables_are_the_same_in_both_languages() {
        let shape = |lang| -> Vec<(&'static str, Vec<&'static str>)> {
            let each = texts(lang).iter().map(|(key, text)| {
                let variables = sorted(texts::variables(text).collect());
                (key.as_str(), variables)
            });
            each.collect()
        };
        assert_eq!(shape(Lang::Ko), shape(Lang::En));
    }
}
