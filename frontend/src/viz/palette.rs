//! Which colour and which letter a process has.

/// Colours in styles/tokens.css: `--p1` to `--p8`, and two more for Word.
pub const COLOURS: u8 = 10;

/// The colour of a process, 1 to [`COLOURS`]: the three applications have theirs, others get one
/// by their number, so that it stays the same while they live. Words whose numbers are near each
/// other, as those of a fork are, have different ones.
pub fn colour(comm: &str, pid: i32) -> u8 {
    let number = pid.unsigned_abs();
    match comm {
        "word" => [1, 9, 10][number as usize % 3],
        "excel" => 2,
        "ppt" => 3,
        _ => 4 + (number % 5) as u8,
    }
}

/// The letter that marks its frames, for those who do not see the colour.
pub fn letter(comm: &str) -> char {
    comm.chars().next().unwrap_or('?').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_there() {
        for pid in [-5, 0, 1, 2, 3, 4, 99, i32::MAX, i32::MIN] {
            assert!((1..=COLOURS).contains(&colour("sh", pid)), "{pid}");
        }
        assert_eq!(
            (colour("word", 9), colour("excel", 9), colour("ppt", 9)),
            (1, 2, 3)
        );
        assert_eq!((letter("init"), letter("")), ('I', '?'));
    }
}
