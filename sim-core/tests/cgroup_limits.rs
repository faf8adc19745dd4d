//! The limits of control groups in the lab, by shell lines from outside.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::view::tasks;
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;

struct Lab(Session);

impl Lab {
    /// With a hierarchy at /cg and all controllers handed on to /cg/a.
    fn new() -> Self {
        let mut lab = Self(Session::new(BootOptions::default()));
        lab.wait(100 * MS);
        lab.sh("mkdir /cg");
        lab.sh("mount -t cgroup2 none /cg");
        lab.sh("echo +cpu +memory +pids > /cg/cgroup.subtree_control");
        lab.sh("mkdir /cg/a");
        lab
    }

    fn wait(&mut self, ns: u64) {
        let to = self.0.now_ns() + ns;
        self.0.advance(to, 50_000_000);
        self.0.machine().check_invariants().expect("invariants");
    }

    /// What a line printed.
    fn sh(&mut self, line: &str) -> String {
        self.0.input(1, &format!("echo [[[; {line}; echo ]]]\n"));
        self.wait(40 * MS);
        let lines = sim_core::view::terminal(self.0.machine(), 1).lines;
        let text = lines.join("\n");
        let from = text.rfind("\n[[[").map_or(0, |at| at + 5);
        let rest = text.get(from..).unwrap_or_default();
        rest.split("]]]")
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_string()
    }

    fn pids(&self, comm: &str) -> Vec<i32> {
        let all = tasks(self.0.machine()).into_iter();
        let living = all.filter(|t| &*t.comm == comm && t.state.letter() != 'Z');
        living.map(|t| t.pid).collect()
    }

    fn start(&mut self, line: &str) -> i32 {
        self.0.launch(line);
        self.wait(40 * MS);
        let comm = line.split(' ').next().unwrap_or_default();
        self.pids(comm).last().copied().expect("it runs")
    }
}

#[test]
fn forks_beyond_pids_max_are_refused() {
    let mut lab = Lab::new();
    let shell = lab.pids("sh")[0];
    lab.sh("echo 2 > /cg/a/pids.max");
    assert_eq!(lab.sh(&format!("echo {shell} > /cg/a/cgroup.procs")), "");
    // The shell and one more.
    assert_eq!(lab.sh("cat /cg/a/pids.current"), "2");
    let said = lab.sh("sleep 9 | sleep 9");
    assert!(said.contains("Resource temporarily unavailable"), "{said}");
    lab.0.input(1, "\u{3}");
    lab.wait(50 * MS);
    assert_eq!(lab.sh("cat /cg/a/pids.peak"), "2");
    let events = lab.sh("cat /cg/a/pids.events");
    assert!(events.starts_with("max ") && events != "max 0", "{events}");
    // Moving in is no fork: the limit may be passed that way.
    lab.sh("echo 1 > /cg/a/pids.max");
    let word = lab.start("word");
    lab.0.input(1, "ls\n");
    lab.wait(20 * MS);
    let said = sim_core::view::terminal(lab.0.machine(), 1)
        .lines
        .join("\n");
    assert!(
        said.contains("fork: Resource temporarily unavailable"),
        "{said}"
    );
    assert!(lab.pids("word").contains(&word));
}

#[test]
fn out_of_memory_kills_within_the_group() {
    let mut lab = Lab::new();
    let word = lab.start("word");
    let shell = lab.pids("sh")[0];
    lab.sh(&format!("echo {shell} > /cg/a/cgroup.procs"));
    assert_eq!(
        lab.sh("echo 256K > /cg/a/memory.max; cat /cg/a/memory.max"),
        "262144"
    );
    lab.0.input(1, "memhog 100 &\n");
    lab.wait(100 * MS);
    assert_eq!(lab.pids("memhog"), Vec::<i32>::new());
    assert!(lab.pids("word").contains(&word) && lab.pids("sh").contains(&shell));
    let events = lab.sh("cat /cg/a/memory.events");
    assert!(events.contains("oom_kill 1"), "{events}");
    assert!(!events.contains("max 0"), "{events}");
    let current: u64 = lab
        .sh("cat /cg/a/memory.current")
        .parse()
        .expect("a number");
    assert!(current <= 262_144, "{current}");
    // The same outside is no matter.
    lab.sh(&format!("echo {shell} > /cg/cgroup.procs"));
    lab.0.input(1, "memhog 100 &\n");
    lab.wait(100 * MS);
    assert_eq!(lab.pids("memhog").len(), 1);
}

#[test]
fn frozen_groups_rest_until_they_are_thawed() {
    let mut lab = Lab::new();
    let excel = lab.start("excel");
    let tty = tasks(lab.0.machine())
        .iter()
        .find(|t| t.pid == excel)
        .and_then(|t| t.tty);
    lab.0.input(tty.expect("a terminal"), "\u{c}");
    lab.sh(&format!("echo {excel} > /cg/a/cgroup.procs"));
    assert_eq!(lab.sh("cat /cg/a/cgroup.events"), "populated 1\nfrozen 0");
    let used = |lab: &Lab| {
        let all = tasks(lab.0.machine()).into_iter();
        all.filter(|t| t.pid == excel)
            .map(|t| t.cpu_time_ns)
            .sum::<u64>()
    };
    lab.sh("echo 1 > /cg/a/cgroup.freeze");
    assert_eq!(lab.sh("cat /cg/a/cgroup.events"), "populated 1\nfrozen 1");
    let before = used(&lab);
    lab.wait(100 * MS);
    assert_eq!(used(&lab), before);
    let said = lab.sh("echo 2 > /cg/a/cgroup.freeze");
    assert!(said.contains("Numerical result out of range"), "{said}");
    lab.sh("echo 0 > /cg/a/cgroup.freeze");
    assert_eq!(lab.sh("cat /cg/a/cgroup.events"), "populated 1\nfrozen 0");
    assert!(used(&lab) > before + 10 * MS);
    // What kills reaches the frozen too.
    lab.sh("echo 1 > /cg/a/cgroup.freeze");
    lab.sh(&format!("kill -9 {excel}"));
    assert_eq!(lab.pids("excel"), Vec::<i32>::new());
    assert_eq!(lab.sh("cat /cg/a/cgroup.events"), "populated 0\nfrozen 1");
}

#[test]
fn killing_a_group_kills_all_below() {
    let mut lab = Lab::new();
    lab.sh("mkdir /cg/a/x");
    let (word, excel, ppt) = (lab.start("word"), lab.start("excel"), lab.start("ppt"));
    lab.sh(&format!("echo {word} > /cg/a/cgroup.procs"));
    lab.sh(&format!("echo {excel} > /cg/a/x/cgroup.procs"));
    assert!(
        lab.sh("cat /cg/a/cgroup.kill")
            .contains("Permission denied")
            || lab.pids("word") == [word]
    );
    lab.sh("echo 1 > /cg/a/cgroup.kill");
    assert_eq!(lab.pids("word"), Vec::<i32>::new());
    assert_eq!(lab.pids("excel"), Vec::<i32>::new());
    assert_eq!(lab.pids("ppt"), [ppt]);
    assert_eq!(lab.sh("cat /cg/a/cgroup.events"), "populated 0\nfrozen 0");
    assert!(lab.sh("rm -d /cg/a").contains("Device or resource busy"));
    assert_eq!(lab.sh("rm -d /cg/a/x /cg/a"), "");
}

#[test]
fn controllers_are_handed_down_by_empty_groups_only() {
    let mut lab = Lab::new();
    let busy = "echo: write error: Device or resource busy";
    let word = lab.start("word");
    lab.sh("mkdir /cg/a/x");
    lab.sh(&format!("echo {word} > /cg/a/cgroup.procs"));
    // No internal processes.
    assert_eq!(lab.sh("echo +memory > /cg/a/cgroup.subtree_control"), busy);
    lab.sh(&format!("echo {word} > /cg/a/x/cgroup.procs"));
    assert_eq!(lab.sh("echo +memory > /cg/a/cgroup.subtree_control"), "");
    assert_eq!(lab.sh(&format!("echo {word} > /cg/a/cgroup.procs")), busy);
    // Top down: what the parent does not have cannot be handed on, and what a child hands on
    // cannot be taken away.
    lab.sh("mkdir /cg/a/x/y");
    let absent = lab.sh("echo +pids > /cg/a/x/cgroup.subtree_control");
    assert_eq!(absent, "echo: write error: No such file or directory");
    assert_eq!(lab.sh("echo -memory > /cg/cgroup.subtree_control"), busy);
    assert_eq!(lab.sh("cat /cg/a/x/cgroup.controllers"), "memory");
    let unknown = lab.sh("echo +magic > /cg/a/cgroup.subtree_control");
    assert_eq!(unknown, "echo: write error: Invalid argument");
    assert_eq!(lab.sh("echo -memory > /cg/a/cgroup.subtree_control"), "");
    assert_eq!(lab.sh("cat /cg/a/x/cgroup.controllers"), "");
}
