//! The page's contract with whoever opens or embeds it: query, fragment, messages.

use crate::i18n::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_code(code: &str) -> Option<Theme> {
        match code {
            "auto" => Some(Theme::Auto),
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => None,
        }
    }
}

/// Whether the page stands alone or in somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    Alone,
    Embedded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    pub lang: Option<Lang>,
    pub theme: Theme,
    pub frame: Frame,
}

/// Reads a query string. What is unknown or misspelt is as if it were not there.
pub fn parse(query: &str) -> Query {
    let mut result = Query {
        lang: None,
        theme: Theme::Auto,
        frame: Frame::Alone,
    };
    for pair in query.trim_start_matches('?').split('&') {
        match pair.split_once('=') {
            Some(("lang", value)) => result.lang = Lang::from_code(value).or(result.lang),
            Some(("theme", value)) => {
                result.theme = Theme::from_code(value).unwrap_or(result.theme)
            }
            Some(("embed", "1")) => result.frame = Frame::Embedded,
            Some(_) | None => {}
        }
    }
    result
}

/// The query with language and theme as they are now; everything else stays.
pub fn with_choices(query: &str, lang: Lang, theme: Theme) -> String {
    let kept = query.trim_start_matches('?').split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && name != "lang" && name != "theme"
    });
    let mut pairs: Vec<String> = kept.map(String::from).collect();
    pairs.push(format!("lang={}", lang.code()));
    if theme != Theme::Auto {
        pairs.push(format!("theme={}", theme.code()));
    }
    format!("?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
        let query = parse("?lang=ko&theme=dark&embed=1");
        assert_eq!(
            query,
            Query {
                lang: Some(Lang::Ko),
                theme: Theme::Dark,
                frame: Frame::Embedded
            }
        );
    }

    #[test]
    fn nonsense_is_as_if_absent() {
        let plain = parse("");
        for text in [
            "?",
            "?lang",
            "?lang=xx&theme=pink&embed=2",
            "?&&==&lang=%",
            "?embed",
        ] {
            assert_eq!(parse(text), plain, "{text}");
        }
    }

    #[test]
    fn choices_replace_themselves_and_keep_the_rest() {
        let query = with_choices("?lang=ko&embed=1&x=y&theme=dark", Lang::En, Theme::Light);
        assert_eq!(query, "?embed=1&x=y&lang=en&theme=light");
        assert_eq!(with_choices("", Lang::Ko, Theme::Auto), "?lang=ko");
    }
}
