//! Numbers as people read them.

/// Simulated time with three digits and a unit.
pub fn time(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{}.{:02} µs", ns / 1_000, ns % 1_000 / 10),
        1_000_000..1_000_000_000 => format!("{}.{:02} ms", ns / 1_000_000, ns % 1_000_000 / 10_000),
        _ => format!(
            "{}.{:03} s",
            ns / 1_000_000_000,
            ns % 1_000_000_000 / 1_000_000
        ),
    }
}

/// A round length of simulated time.
pub fn length(ns: u64) -> String {
    let text = time(ns);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            [number.trim_end_matches('0').trim_end_matches('.'), unit].join(" ")
        }
        Some(_) | None => text,
    }
}

/// Bytes as hexadecimal pairs.
pub fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let shown: Vec<String> = [0, 999, 2_050, 7_000_000, 1_002_000_000].map(time).into();
        assert_eq!(shown, ["0 ns", "999 ns", "2.05 µs", "7.00 ms", "1.002 s"]);
    }

    #[test]
    fn round_lengths_have_no_zeros_behind_the_point() {
        let shown: Vec<String> = [100, 10_000, 10_500_000, 1_000_000_000, 10_000_000_000]
            .map(length)
            .into();
        assert_eq!(shown, ["100 ns", "10 µs", "10.5 ms", "1 s", "10 s"]);
    }

    #[test]
    fn bytes_are_pairs() {
        assert_eq!(hex(&[0, 0xed, 9]), "00 ed 09");
    }
}
