//! Korean particles after an inserted word. Texts have both forms, the one after a consonant in
//! parentheses; the word before decides which one is read.

/// Both forms as they stand in texts, the one after a final consonant, the one after a vowel.
const PAIRS: [(&str, &str, &str); 5] = [
    ("(\u{c740})\u{b294}", "\u{c740}", "\u{b294}"),
    ("(\u{c774})\u{ac00}", "\u{c774}", "\u{ac00}"),
    ("(\u{c744})\u{b97c}", "\u{c744}", "\u{b97c}"),
    ("(\u{acfc})\u{c640}", "\u{acfc}", "\u{c640}"),
    ("(\u{c774})\u{b77c}", "\u{c774}\u{b77c}", "\u{b77c}"),
];
/// The one that treats a final L as a vowel.
const TOWARDS: &str = "(\u{c73c})\u{b85c}";

/// How a word ends when it is read aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Vowel,
    L,
    Consonant,
}

/// Letters and digits; the tables of all of Unicode's would be ten times this module.
fn is_read(c: char) -> bool {
    c.is_ascii_alphanumeric() || ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// Digits and Latin letters as Koreans read them out: zero is yeong, one il, ...; L is el, M em,
/// N en, R al. A word of lower-case letters is read as a word, not spelt.
fn ending(before: &str) -> Ending {
    let mut back = before.trim_end_matches(|c| !is_read(c)).chars().rev();
    let Some(last) = back.next() else {
        return Ending::Vowel;
    };
    let previous = back.next();
    match last {
        '\u{ac00}'..='\u{d7a3}' => match (last as u32 - 0xac00) % 28 {
            0 => Ending::Vowel,
            8 => Ending::L,
            _ => Ending::Consonant,
        },
        '1' | '7' | '8' => Ending::L,
        '0' | '3' | '6' => Ending::Consonant,
        '0'..='9' => Ending::Vowel,
        'L' | 'R' if previous.is_none_or(|c| !c.is_ascii_lowercase()) => Ending::L,
        'M' | 'N' => Ending::Consonant,
        // A stop that follows a vowel closes the syllable: Excel, docker, ps, Linux, init.
        'l' => Ending::L,
        'm' | 'n' => Ending::Consonant,
        'b' | 'k' | 'p' | 't' if previous.is_some_and(|c| "aeiou".contains(c)) => Ending::Consonant,
        'k' if previous == Some('c') => Ending::Consonant,
        'g' if previous == Some('n') => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

/// Chooses every particle of a text.
pub fn particles(text: &str) -> String {
    if !text.contains('(') {
        return text.into();
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let ending = ending(&result);
        let pair = PAIRS.iter().find(|(both, _, _)| from.starts_with(both));
        if let Some((both, closed, open)) = pair {
            result.push_str(if ending == Ending::Vowel {
                open
            } else {
                closed
            });
            rest = from.get(both.len()..).unwrap_or("");
        } else if let Some(after) = from.strip_prefix(TOWARDS) {
            if ending == Ending::Consonant {
                result.push('\u{c73c}');
            }
            result.push('\u{b85c}');
            rest = after;
        } else {
            result.push('(');
            rest = from.get(1..).unwrap_or("");
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::particles;

    /// Hangul by code point: the sources have none.
    #[test]
    fn the_word_before_decides() {
        let (eun, neun) = ("\u{c740}", "\u{b294}");
        let both = format!("({eun}){neun}");
        for (word, right) in [
            ("\u{cc3d}", eun),
            ("\u{be44}", neun),
            ("Word", neun),
            ("Excel", eun),
            ("PPT", neun),
            ("ps", neun),
            ("init", eun),
            ("13", eun),
            ("12", neun),
            ("21", eun),
            ("30", eun),
            ("(99)", neun),
            ("RAM", eun),
            ("URL", eun),
            ("Linux", neun),
            ("deck", eun),
            ("sh", neun),
        ] {
            assert_eq!(
                particles(&format!("{word}{both}")),
                format!("{word}{right}")
            );
        }
    }

    #[test]
    fn a_final_l_goes_without_a_vowel_before_ro() {
        let both = "(\u{c73c})\u{b85c}";
        for (word, right) in [
            ("1", "\u{b85c}"),
            ("3", "\u{c73c}\u{b85c}"),
            ("2", "\u{b85c}"),
            ("Excel", "\u{b85c}"),
        ] {
            assert_eq!(
                particles(&format!("{word}{both}")),
                format!("{word}{right}")
            );
        }
    }

    #[test]
    fn other_parentheses_stay() {
        assert_eq!(particles("read(2) (system call"), "read(2) (system call");
    }
}
