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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub lang: Option<Lang>,
    pub theme: Theme,
    pub frame: Frame,
    /// A scene and the step in it, from 0; `None` is the lab.
    pub scene: Option<(String, usize)>,
}

/// Reads a query string. What is unknown or misspelt is as if it were not there.
pub fn parse(query: &str) -> Query {
    let mut result = Query {
        lang: None,
        theme: Theme::Auto,
        frame: Frame::Alone,
        scene: None,
    };
    let (mut scene, mut step, mut is_lab) = (None, 1_usize, false);
    for pair in query.trim_start_matches('?').split('&') {
        match pair.split_once('=') {
            Some(("lang", value)) => result.lang = Lang::from_code(value).or(result.lang),
            Some(("theme", value)) => {
                result.theme = Theme::from_code(value).unwrap_or(result.theme)
            }
            Some(("embed", "1")) => result.frame = Frame::Embedded,
            Some(("scene", id)) => scene = is_id(id).then(|| id.to_string()),
            Some(("step", number)) => step = number.parse().unwrap_or(1),
            Some(("mode", mode)) => is_lab = mode == "lab",
            Some(_) | None => {}
        }
    }
    result.scene = scene
        .filter(|_| !is_lab)
        .map(|id| (id, step.saturating_sub(1)));
    result
}

/// Whether a name from a link is one that a scene may have. What stands there becomes part of a
/// file's address.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() < 40 && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// The query with language, theme and scene (step from 0) as they are now; everything else stays.
pub fn with_choices(query: &str, lang: Lang, theme: Theme, scene: Option<(&str, usize)>) -> String {
    let kept = query.trim_start_matches('?').split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !["lang", "theme", "scene", "step", "mode"].contains(&name)
    });
    let mut pairs: Vec<String> = kept.map(String::from).collect();
    pairs.push(format!("lang={}", lang.code()));
    if theme != Theme::Auto {
        pairs.push(format!("theme={}", theme.code()));
    }
    if let Some((id, step)) = scene {
        pairs.push(format!("scene={id}&step={}", step + 1));
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
                frame: Frame::Embedded,
                scene: None,
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
        let query = with_choices(
            "?lang=ko&embed=1&x=y&theme=dark&scene=host&step=9",
            Lang::En,
            Theme::Light,
            Some(("mirror", 1)),
        );
        assert_eq!(
            query,
            "?embed=1&x=y&lang=en&theme=light&scene=mirror&step=2"
        );
        assert_eq!(with_choices("", Lang::Ko, Theme::Auto, None), "?lang=ko");
    }

    #[test]
    fn a_link_leads_to_a_scene_and_a_step() {
        let scene = |query| parse(query).scene;
        assert_eq!(scene("?scene=host&step=3"), Some(("host".into(), 2)));
        assert_eq!(scene("?step=0&scene=host"), Some(("host".into(), 0)));
        assert_eq!(scene("?scene=host&step=x"), Some(("host".into(), 0)));
        assert_eq!(scene("?scene=host&mode=lab"), None);
        for bad in [
            "?scene=",
            "?scene=../x",
            "?scene=A",
            "?scene=a%20b",
            "?step=2",
        ] {
            assert_eq!(scene(bad), None, "{bad}");
        }
    }
}
