//! Scripts and links: what is written is read back; what is wrong is refused with its place.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{Rng, calls, nasty_command, visitor_command};
use expect_test::{Expect, expect};
use sim_core::kernel::Syscall;
use sim_core::session::{LinkError, Position, script_of_link};
use sim_core::text::Scanner;
use sim_core::{BootOptions, Command, Session};

fn refused(script: &str, expect: Expect) {
    let found = match Session::from_script(script) {
        Ok(_) => "accepted".to_string(),
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&found);
}

#[test]
fn errors_say_what_and_where() {
    refused("", expect!["empty: a script begins with 'ringside 1'"]);
    refused(
        "hello",
        expect!["line 1, column 1: a script begins with 'ringside 1'"],
    );
    refused(
        "ringside",
        expect!["line 1, column 9: expected the version, found the end of the line"],
    );
    refused(
        "ringside 2",
        expect!["line 1, column 10: script version 2; this reads version 1"],
    );
    refused(
        "ringside 1 x",
        expect!["line 1, column 12: expected the end of the line, found 'x'"],
    );
    let after_header = |line: &str| format!("# a comment\n\nringside 1\n{line}\n");
    let refused = |line: &str, expect: Expect| refused(&after_header(line), expect);
    refused(
        "boot cpus=65",
        expect!["line 4, column 11: cpus is 1 to 64"],
    );
    refused(
        "boot cpus=300",
        expect!["line 4, column 11: cpus is out of range"],
    );
    refused(
        "boot ram=1",
        expect!["line 4, column 10: ram is 256 to 6291456 frames"],
    );
    refused(
        "boot order=random",
        expect!["line 4, column 12: order is 'linear' or 'shuffled'"],
    );
    refused(
        "boot mmu=some",
        expect!["line 4, column 10: mmu is 'paging' or 'none'"],
    );
    refused(
        "boot colour=1",
        expect!["line 4, column 6: no setting 'colour' here"],
    );
    refused(
        "boot user_step_ns=99999999999",
        expect!["line 4, column 19: user_step_ns is at most 1000000000"],
    );
    refused(
        "boot\nboot",
        expect!["line 5, column 1: 'boot' stands right after the header only"],
    );
    refused(
        "input 1",
        expect!["line 4, column 8: expected the text in quotes, found the end of the line"],
    );
    refused(
        "input 1 \"abc",
        expect!["line 4, column 9: the text has no closing quote"],
    );
    refused(
        "input 1 \"a\\qb\"",
        expect![[r#"line 4, column 11: unknown escape: \n \r \t \\ \" \u{hex} are known"#]],
    );
    refused(
        "input 1 \"\\u{d800}\"",
        expect!["line 4, column 10: not a Unicode character"],
    );
    refused(
        "input 70000 \"a\"",
        expect!["line 4, column 7: a terminal is out of range"],
    );
    refused(
        "input -1 \"a\"",
        expect!["line 4, column 7: a terminal is out of range"],
    );
    refused(
        "hangup",
        expect!["line 4, column 7: expected a terminal, found the end of the line"],
    );
    refused(
        "hangup 1 2",
        expect!["line 4, column 10: expected the end of the line, found '2'"],
    );
    refused(
        "advance",
        expect!["line 4, column 1: 'advance' takes until=NS, ticks=N or both"],
    );
    refused(
        "advance for=3",
        expect!["line 4, column 9: no setting 'for' here"],
    );
    refused(
        "advance until=1e9",
        expect!["line 4, column 15: until is not a whole number"],
    );
    refused(
        "inject 1 frobnicate()",
        expect!["line 4, column 10: no system call 'frobnicate' is modelled"],
    );
    refused(
        "inject 1 kill(1)",
        expect!["line 4, column 16: expected ',', found ')'"],
    );
    refused(
        "inject 1 kill(1, 9",
        expect!["line 4, column 19: expected ')', found the end of the line"],
    );
    refused(
        "inject 1 unshare(NEWCOFFEE)",
        expect!["line 4, column 18: flags: no flag 'NEWCOFFEE'"],
    );
    refused(
        "dance",
        expect![
            "line 4, column 1: no command 'dance': input, hangup, plug, unplug, inject and advance are known"
        ],
    );
    refused(
        "expect digest=xyz model=1",
        expect!["line 4, column 15: digest is up to 16 hexadecimal digits"],
    );
    refused(
        "expect model=1 digest=0\nhangup 1",
        expect!["line 5, column 1: nothing may follow 'expect'"],
    );
}

#[test]
fn a_script_reads_as_it_looks() {
    let session = Session::from_script(
        "ringside 1\n\
         boot cpus=3 ram=1024 seed=7 order=linear user_step_ns=0 # all on one line\n\
         \tinput 1 \"ps 가 # not a comment\\n\" # a comment\n\
         inject 4 mkdir(\"/tmp/a\", 0o755)\n\
         hangup 2\n",
    );
    let session = session.expect("a good script");
    assert_eq!(session.boot_options().cpus, 3);
    assert_eq!(session.boot_options().costs.user_step_ns, 0);
    expect![[r#"
        ringside 1
        boot cpus=3 ram=1024 seed=7 order=linear user_step_ns=0
        input 1 "ps 가 # not a comment\n"
        inject 4 mkdir("/tmp/a", 0o755)
        hangup 2
    "#]]
    .assert_eq(&session.script());
}

#[test]
fn an_unexpected_end_is_said() {
    let script = "ringside 1\nhangup 9\nexpect model=3 digest=12\n";
    let session = Session::from_script(script).expect("a good script");
    let expected = session.mismatch().expect("another digest");
    assert_eq!((expected.model, expected.digest), (3, 0x12));
    let again = Session::from_script(&session.script_with_digest()).expect("a good script");
    assert_eq!(again.mismatch(), None);
}

#[test]
fn every_call_is_generated_and_reads_back() {
    assert_eq!(calls::not_generated(), Vec::<&str>::new());
    let mut rng = Rng(11);
    for _ in 0..5_000 {
        let call = calls::any_call(&mut rng);
        let text = call.to_string();
        let read = Syscall::read(&mut Scanner::new(&text));
        assert_eq!(read.as_ref(), Ok(&call), "{text}");
    }
}

#[test]
fn scripts_and_links_round_trip() {
    for seed in 0..40 {
        let mut rng = Rng(seed);
        let mut session = Session::new(BootOptions {
            seed,
            ..BootOptions::default()
        });
        for _ in 0..25 {
            let now_ns = session.now_ns();
            let command = match rng.below(2) {
                0 => visitor_command(&mut rng, now_ns),
                _ => nasty_command(&mut rng, now_ns.min(1 << 40)),
            };
            session.apply(command);
        }
        // The end is meant, wherever one stands.
        session.seek(Position::default()).expect("the beginning");
        let script = session.script();
        let again = Session::from_script(&script).unwrap_or_else(|e| panic!("{e}\n{script}"));
        assert_eq!(again.script(), script);
        assert!(again.commands().eq(session.commands()));
        assert_eq!(again.machine().digest(), session.end_digest());
        let link = session.link();
        assert!(link.starts_with("#s1."));
        assert!(
            link[4..]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        let linked = Session::from_link(&link).expect("a good link");
        assert_eq!(linked.script(), script);
        assert_eq!(linked.mismatch(), None);
    }
}

#[test]
fn links_are_small() {
    let mut session = Session::new(BootOptions::default());
    for _ in 0..200 {
        session.apply(Command::Input {
            tty: sim_core::hw::TtyId(2),
            text: "hello world ".into(),
        });
    }
    assert!(session.link().len() < 300, "{}", session.link().len());
}

#[test]
fn what_is_no_link_is_refused() {
    for (text, error) in [
        ("", LinkError::NotALink),
        ("#", LinkError::NotALink),
        ("#s2.AAAA", LinkError::NotALink),
        ("#s1.", LinkError::Damaged),
        ("#s1.A", LinkError::Damaged),
        ("#s1.AAAA AAAA", LinkError::Damaged),
        ("#s1.가나다", LinkError::Damaged),
    ] {
        assert_eq!(script_of_link(text), Err(error), "{text}");
    }
}

/// A few bytes that inflate to more than a script may have.
#[test]
fn a_bomb_is_refused() {
    let packed = miniz_oxide::deflate::compress_to_vec(&vec![b'#'; 64 << 20], 9);
    let mut link = String::from("#s1.");
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .collect();
    for chunk in packed.chunks(3) {
        let word = (0..3).fold(0u32, |w, i| w << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        link.extend((0..=chunk.len()).map(|i| alphabet[(word >> (18 - 6 * i) & 63) as usize]));
    }
    assert_eq!(script_of_link(&link), Err(LinkError::TooLong));
}

/// Random texts, and good ones with random damage.
#[test]
fn no_text_makes_the_readers_panic() {
    let mut rng = Rng(5);
    let good_script = {
        let mut session = Session::new(BootOptions::default());
        for _ in 0..12 {
            session.apply(nasty_command(&mut rng, 0));
        }
        session
    };
    let link = good_script.link();
    let script = good_script.script();
    for _ in 0..3_000 {
        let _ = script_of_link(&damaged(&link, &mut rng));
        // A damaged number of ticks may take long; the reader is what is tested.
        let text = damaged(&script, &mut rng);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.contains("advance"))
            .collect();
        let _ = Session::from_script(&lines.join("\n"));
        let noise: String = (0..rng.below(60)).map(|_| random_char(&mut rng)).collect();
        let _ = script_of_link(&format!("#s1.{noise}"));
        let _ = Session::from_script(&format!("ringside 1\n{noise}"));
        let _ = Syscall::read(&mut Scanner::new(&noise));
    }
}

fn random_char(rng: &mut Rng) -> char {
    match rng.below(3) {
        0 => char::from(b' ' + rng.below(95) as u8),
        1 => *rng.pick(&[
            '"', '\\', '\n', '(', ')', '[', ',', '=', '#', '0', 'x', 'u', '{', '|', '-',
        ]),
        _ => char::from_u32(rng.next() as u32 % 0x11_0000).unwrap_or('가'),
    }
}

fn damaged(text: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=rng.below(4) {
        let at = rng.below(chars.len() as u64 + 1) as usize;
        match rng.below(4) {
            0 => chars.truncate(at),
            1 if at < chars.len() => {
                chars.remove(at);
            }
            2 if at < chars.len() => chars[at] = random_char(rng),
            _ => chars.insert(at.min(chars.len()), random_char(rng)),
        }
    }
    chars.into_iter().collect()
}
