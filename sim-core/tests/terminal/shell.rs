//! The shell.

use super::Terminal;
use expect_test::expect;

#[test]
fn lists_and_redirections_of_the_shell() {
    let lines = [
        "true && echo yes",
        "false && echo no; echo $?",
        "false || echo other",
        "true || echo no && echo both",
        "echo $? '$?' \"$?\" \\$? a\\ b \"a\\\"b\"",
        "echo $$",
        "sleep 1 & echo $!",
        "ls /nope 2> /tmp/e; echo $?; cat /tmp/e",
        "ls /nope > /tmp/both 2>&1; cat /tmp/both",
        "> /tmp/empty; ls -1 /tmp",
        "echo lost >&9",
        "echo 2 > /tmp/2; echo 3>/tmp/3; cat /tmp/2",
        "echo $HOME",
        "echo $(ls)",
        "echo `ls`",
        "ls /proc/*",
        "cat << end",
        "ls |",
        "ls ||",
        "&& ls",
        "ls | | ls",
        "; ls",
        "(ls)",
        "ls >",
        "echo 'open",
        "true && sleep 1 &",
    ];
    Terminal::new().check(
        &lines,
        expect![[r#"
        $ true && echo yes
        yes
        $ false && echo no; echo $?
        1
        $ false || echo other
        other
        $ true || echo no && echo both
        both
        $ echo $? '$?' "$?" \$? a\ b "a\"b"
        0 $? 0 $? a b a"b
        $ echo $$
        2
        $ sleep 1 & echo $!
        13
        $ ls /nope 2> /tmp/e; echo $?; cat /tmp/e
        2
        ls: cannot access '/nope': No such file or directory
        $ ls /nope > /tmp/both 2>&1; cat /tmp/both
        ls: cannot access '/nope': No such file or directory
        $ > /tmp/empty; ls -1 /tmp
        both
        e
        empty
        $ echo lost >&9
        sh: 9: Bad file descriptor
        $ echo 2 > /tmp/2; echo 3>/tmp/3; cat /tmp/2

        2
        $ echo $HOME
        sh: not modelled: $H
        $ echo $(ls)
        sh: not modelled: $(
        $ echo `ls`
        sh: not modelled: `
        $ ls /proc/*
        sh: not modelled: *
        $ cat << end
        sh: not modelled: << <& <>
        $ ls |
        sh: Syntax error: end of file unexpected
        $ ls ||
        sh: Syntax error: end of file unexpected
        $ && ls
        sh: Syntax error: "&&" unexpected
        $ ls | | ls
        sh: Syntax error: "|" unexpected
        $ ; ls
        sh: Syntax error: ";" unexpected
        $ (ls)
        sh: Syntax error: "(" unexpected
        $ ls >
        sh: Syntax error: newline unexpected
        $ echo 'open
        sh: Syntax error: Unterminated quoted string
        $ true && sleep 1 &
        sh: not modelled: a list with && or || in the background
    "#]],
    );
}
