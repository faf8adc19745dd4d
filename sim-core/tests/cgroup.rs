//! Control groups of the lab, by shell lines from outside: shares of the CPU, limits, and what
//! the kernel refuses.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::view::{TaskRow, tasks};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;

struct Lab(Session);

impl Lab {
    fn new(cpus: u8) -> Self {
        let mut lab = Self(Session::new(BootOptions {
            cpus,
            ..BootOptions::default()
        }));
        lab.wait(100 * MS);
        lab.sh("mkdir /cg");
        lab.sh("mount -t cgroup2 none /cg");
        lab
    }

    fn wait(&mut self, ns: u64) {
        let to = self.0.now_ns() + ns;
        self.0.advance(to, 50_000_000);
        self.0.machine().check_invariants().expect("invariants");
    }

    /// What a line printed.
    fn sh(&mut self, line: &str) -> String {
        self.0
            .input(1, &format!("\u{c}echo [[[; {line}; echo ]]]\n"));
        self.wait(30 * MS);
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

    /// By the first task, since the shell has no such program.
    fn rmdir(&mut self, path: &str) {
        let call = sim_core::kernel::Syscall::Rmdir { path: path.into() };
        self.0.apply(sim_core::Command::Inject {
            pid: 1,
            act: call.into(),
        });
        self.wait(MS);
    }

    fn pid(&self, comm: &str, which: usize) -> i32 {
        let all = tasks(self.0.machine()).into_iter();
        let mut pids = all.filter(|t| &*t.comm == comm).map(|t| t.pid);
        pids.nth(which).expect("it runs")
    }

    fn task(&self, pid: i32) -> TaskRow {
        let all = tasks(self.0.machine()).into_iter();
        let mut found = all.filter(|t| t.pid == pid);
        found.next().expect("it runs")
    }

    /// Excels that calculate without end; their PIDs.
    fn busy(&mut self, count: usize) -> Vec<i32> {
        for at in 0..count {
            self.0.launch("excel");
            self.wait(20 * MS);
            let tty = self.task(self.pid("excel", at)).tty.expect("a terminal");
            self.0.input(tty, "\u{c}");
            self.wait(5 * MS);
        }
        (0..count).map(|at| self.pid("excel", at)).collect()
    }

    /// Another Excel on the host that calculates without end.
    fn busy_beside(&mut self) -> i32 {
        self.0.launch("excel");
        self.wait(20 * MS);
        let all = tasks(self.0.machine());
        let last = all.iter().rfind(|t| &*t.comm == "excel").expect("it runs");
        self.0.input(last.tty.expect("a terminal"), "\u{c}");
        self.wait(5 * MS);
        last.pid
    }

    fn cpu_ns(&self, pids: &[i32]) -> Vec<u64> {
        pids.iter().map(|pid| self.task(*pid).cpu_time_ns).collect()
    }

    /// CPU time of each while some time passes.
    fn used(&mut self, pids: &[i32], ns: u64) -> Vec<u64> {
        let before = self.cpu_ns(pids);
        self.wait(ns);
        let after = self.cpu_ns(pids);
        after.iter().zip(before).map(|(a, b)| a - b).collect()
    }
}

/// One slice of the scheduler, and a little for what else runs.
const SLICE: u64 = 3 * MS;

fn assert_near(a: u64, b: u64, within: u64, what: &str) {
    assert!(a.abs_diff(b) <= within, "{what}: {a} and {b}");
}

fn cpu_lab(cpus: u8) -> Lab {
    let mut lab = Lab::new(cpus);
    assert_eq!(lab.sh("cat /cg/cgroup.controllers"), "cpu memory pids");
    assert_eq!(lab.sh("echo +cpu > /cg/cgroup.subtree_control"), "");
    lab.sh("mkdir /cg/a /cg/b");
    lab
}

#[test]
fn cpu_files_are_those_of_the_kernel() {
    let mut lab = cpu_lab(1);
    let files = lab.sh("ls /cg/a");
    for name in [
        "cpu.max",
        "cpu.stat",
        "cpu.stat.local",
        "cpu.weight",
        "cpu.weight.nice",
    ] {
        assert!(
            files.split_whitespace().any(|f| f == name),
            "{name} in {files}"
        );
    }
    assert!(!lab.sh("ls /cg").contains("cpu.weight"));
    let all = "cat /cg/a/cpu.max /cg/a/cpu.weight /cg/a/cpu.weight.nice";
    assert_eq!(lab.sh(all), "max 100000\n100\n0");
    for (line, then) in [
        ("echo 200 > /cg/a/cpu.weight", "max 100000\n200\n-3"),
        ("echo 5 > /cg/a/cpu.weight.nice", "max 100000\n33\n5"),
        ("echo -20 > /cg/a/cpu.weight.nice", "max 100000\n8668\n-20"),
        ("echo 19 > /cg/a/cpu.weight.nice", "max 100000\n1\n19"),
        ("echo 50000 > /cg/a/cpu.max", "50000 100000\n1\n19"),
        ("echo max 20000 > /cg/a/cpu.max", "max 20000\n1\n19"),
        ("echo 3000 5000 > /cg/a/cpu.max", "3000 5000\n1\n19"),
        ("echo 3000abc xyz > /cg/a/cpu.max", "3000 5000\n1\n19"),
    ] {
        assert_eq!(lab.sh(line), "", "{line}");
        assert_eq!(lab.sh(all), then, "{line}");
    }
    let range = "echo: write error: Numerical result out of range";
    let invalid = "echo: write error: Invalid argument";
    for (value, file, error) in [
        ("0", "cpu.weight", range),
        ("10001", "cpu.weight", range),
        ("many", "cpu.weight", invalid),
        ("-1", "cpu.weight", invalid),
        ("20", "cpu.weight.nice", range),
        ("-21", "cpu.weight.nice", range),
        ("999", "cpu.max", invalid),
        ("5000 999", "cpu.max", invalid),
        ("5000 1000001", "cpu.max", invalid),
        ("-5", "cpu.max", invalid),
        ("", "cpu.max", invalid),
        ("1", "cpu.stat", invalid),
    ] {
        let said = lab.sh(&format!("echo {value} > /cg/a/{file}"));
        assert!(said.contains(error), "{value:?} to {file}: {said}");
    }
    assert_eq!(lab.sh(all), "3000 5000\n1\n19");
    // What the controller was told goes with it.
    assert_eq!(lab.sh("echo -cpu > /cg/cgroup.subtree_control"), "");
    assert!(lab.sh("cat /cg/a/cpu.max").contains("No such file"));
    assert!(!lab.sh("cat /cg/a/cpu.stat").contains("nr_periods"));
    lab.sh("echo +cpu > /cg/cgroup.subtree_control");
    assert_eq!(lab.sh(all), "max 100000\n100\n0");
}

#[test]
fn groups_share_by_weight_and_tasks_within_theirs() {
    let mut lab = cpu_lab(1);
    let pids = lab.busy(3);
    lab.sh("echo 300 > /cg/b/cpu.weight");
    lab.sh(&format!("echo {} > /cg/a/cgroup.procs", pids[0]));
    lab.sh(&format!("echo {} > /cg/b/cgroup.procs", pids[1]));
    lab.sh(&format!("echo {} > /cg/b/cgroup.procs", pids[2]));
    let used = lab.used(&pids, 400 * MS);
    assert_near(used[0], 100 * MS, SLICE, "a quarter");
    assert_near(used[1] + used[2], 300 * MS, SLICE, "three quarters");
    assert_near(used[1], used[2], SLICE, "two alike");
    // As many as there are beside it: a group counts as one.
    lab.sh("echo 100 > /cg/b/cpu.weight");
    let used = lab.used(&pids, 400 * MS);
    assert_near(used[0], 200 * MS, SLICE, "half");
    assert_near(used[1] + used[2], 200 * MS, SLICE, "half");
    // Those in the root stand beside the groups.
    lab.sh(&format!("echo {} > /cg/cgroup.procs", pids[0]));
    let used = lab.used(&pids, 400 * MS);
    assert_near(used[0], 200 * MS, SLICE, "half");
}

#[test]
fn weights_are_those_of_nested_groups() {
    let mut lab = cpu_lab(1);
    let pids = lab.busy(3);
    lab.sh("echo +cpu > /cg/a/cgroup.subtree_control");
    lab.sh("mkdir /cg/a/x /cg/a/y");
    lab.sh("echo 200 > /cg/a/x/cpu.weight");
    for (pid, group) in pids.iter().zip(["a/x", "a/y", "b"]) {
        assert_eq!(
            lab.sh(&format!("echo {pid} > /cg/{group}/cgroup.procs")),
            ""
        );
    }
    let used = lab.used(&pids, 600 * MS);
    assert_near(used[0], 200 * MS, SLICE, "two thirds of a half");
    assert_near(used[1], 100 * MS, SLICE, "a third of a half");
    assert_near(used[2], 300 * MS, SLICE, "half");
    let text = sim_core::view::run_queues(lab.0.machine());
    let all = text.cpus[0].current.iter().chain(&text.cpus[0].waiting);
    let mut groups: Vec<&str> = all.map(|t| t.group.as_str()).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["/a/x", "/a/y", "/b"]);
}

/// A number of a file of lines `name number`.
fn value(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|v| v.trim().parse().ok())
        .unwrap_or_else(|| panic!("{name} in {text}"))
}

#[test]
fn bandwidth_is_what_cpu_max_says() {
    let mut lab = cpu_lab(1);
    let pids = lab.busy(1);
    lab.sh(&format!("echo {} > /cg/a/cgroup.procs", pids[0]));
    lab.sh("echo 50000 > /cg/a/cpu.max");
    lab.wait(100 * MS);
    let used = lab.used(&pids, 1_000 * MS);
    assert_near(used[0], 500 * MS, SLICE, "half");
    let stat = lab.sh("cat /cg/a/cpu.stat");
    assert!(value(&stat, "nr_periods") >= 11, "{stat}");
    assert_near(
        value(&stat, "nr_throttled"),
        value(&stat, "nr_periods"),
        2,
        "every period",
    );
    let throttled = value(&stat, "throttled_usec");
    assert_near(
        throttled,
        value(&stat, "nr_throttled") * 50_000,
        5_000,
        "throttled",
    );
    let parts = value(&stat, "user_usec") + value(&stat, "system_usec");
    assert_near(value(&stat, "usage_usec"), parts, 1, "user and system");
    // Another is not held up, and the limit can be taken away.
    lab.sh("echo 10000 50000 > /cg/a/cpu.max");
    let used = lab.used(&pids, 500 * MS);
    assert_near(used[0], 100 * MS, SLICE, "a fifth");
    lab.sh("echo max > /cg/a/cpu.max");
    let used = lab.used(&pids, 200 * MS);
    assert_near(used[0], 200 * MS, SLICE, "all");
}

#[test]
fn bandwidth_counts_all_cpus_and_all_below() {
    let mut lab = cpu_lab(2);
    let pids = lab.busy(3);
    lab.sh("echo +cpu > /cg/a/cgroup.subtree_control");
    lab.sh("mkdir /cg/a/x");
    lab.sh("echo 60000 > /cg/a/cpu.max");
    for pid in &pids[..2] {
        lab.sh(&format!("echo {pid} > /cg/a/x/cgroup.procs"));
    }
    lab.wait(200 * MS);
    let used = lab.used(&pids, 1_000 * MS);
    assert_near(used[0] + used[1], 600 * MS, 2 * SLICE, "sixty of a hundred");
    // The third shares a CPU with one of them while they may run.
    assert!(used[2] > 800 * MS, "{used:?}");
    // A CPU goes, the limit stays.
    lab.0.apply(sim_core::Command::Unplug {
        cpu: sim_core::hw::CpuId(1),
    });
    lab.wait(200 * MS);
    let used = lab.used(&pids, 1_000 * MS);
    assert!(used[0] + used[1] < 610 * MS, "{used:?}");
    assert_near(used.iter().sum(), 1_000 * MS, 2 * SLICE, "one CPU");
}

#[test]
fn groups_share_two_cpus() {
    let mut lab = cpu_lab(2);
    let pids = lab.busy(4);
    for (pid, group) in pids.iter().zip(["a", "a", "b", "b"]) {
        lab.sh(&format!("echo {pid} > /cg/{group}/cgroup.procs"));
    }
    let used = lab.used(&pids, 1_000 * MS);
    assert_near(used.iter().sum(), 2_000 * MS, 2 * SLICE, "both CPUs");
    assert_near(used[0] + used[1], 1_000 * MS, 20 * MS, "half of two CPUs");
}

#[test]
fn a_sleeper_in_a_group_wakes_promptly() {
    let mut lab = cpu_lab(1);
    let pids = lab.busy(2);
    for pid in &pids {
        lab.sh(&format!("echo {pid} > /cg/a/cgroup.procs"));
    }
    lab.0.launch("word");
    lab.wait(50 * MS);
    let word = lab.pid("word", 0);
    lab.sh(&format!("echo {word} > /cg/b/cgroup.procs"));
    let tty = lab.task(word).tty.expect("a terminal");
    lab.0.input(tty, "zebra");
    lab.wait(6 * MS);
    let screen = sim_core::view::terminal(lab.0.machine(), tty)
        .lines
        .join("\n");
    assert!(screen.contains("zebra"), "{screen}");
}

#[test]
fn time_used_stays_with_the_group() {
    let mut lab = cpu_lab(1);
    let pids = lab.busy(1);
    lab.sh("mkdir /cg/a/x");
    lab.sh(&format!("echo {} > /cg/a/x/cgroup.procs", pids[0]));
    lab.wait(100 * MS);
    lab.sh(&format!("kill {}", pids[0]));
    lab.rmdir("/cg/a/x");
    let used = value(&lab.sh("cat /cg/a/cpu.stat"), "usage_usec");
    assert!((100_000..400_000).contains(&used), "{used}");
    lab.rmdir("/cg/a");
    lab.rmdir("/cg/b");
    assert_eq!(
        lab.sh("ls -d /cg/a /cg/b").matches("No such file").count(),
        2
    );
    assert!(value(&lab.sh("cat /cg/cpu.stat"), "usage_usec") > used);
}

/// Everything that moves tasks between queues, in any order.
fn shuffle(cpus: u8, costs: u64, seed: u64) {
    let mut lab = Lab(Session::new(BootOptions {
        cpus,
        costs: BootOptions::default().costs.scaled(costs),
        ..BootOptions::default()
    }));
    lab.0.advance(lab.0.now_ns() + 1_000 * MS, 10_000);
    for comm in ["excel", "word", "excel", "ppt"] {
        lab.0.launch(comm);
        lab.0.advance(lab.0.now_ns() + 1_000 * MS, 2_000);
    }
    for tty in 2..6 {
        lab.0.input(tty, "\u{c}");
    }
    lab.0.input(
        1,
        "mkdir /cg; mount -t cgroup2 none /cg; echo +cpu +pids > /cg/cgroup.subtree_control\n",
    );
    lab.0.input(
        1,
        "mkdir /cg/a /cg/b /cg/a/x /cg/a/y; echo +cpu > /cg/a/cgroup.subtree_control\n",
    );
    let mut state = seed;
    let mut below = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let groups = ["", "/a", "/b", "/a/x", "/a/y"];
    for _ in 0..250 {
        let group = groups[below(5) as usize];
        let line = match below(10) {
            0..4 => format!("echo {} > /cg{group}/cgroup.procs", 2 + below(6)),
            4 => format!("echo {} > /cg{group}/cpu.weight", 1 + below(400)),
            5 => format!(
                "echo {} {} > /cg{group}/cpu.max",
                1_000 + below(4_000),
                2_000 + below(5_000)
            ),
            6 => format!("echo max > /cg{group}/cpu.max"),
            7 => format!(
                "echo {}cpu > /cg{group}/cgroup.subtree_control",
                ["+", "-"][below(2) as usize]
            ),
            8 => "sleep 0.001 & ls > /dev/null".into(),
            _ => String::new(),
        };
        if line.is_empty() {
            let cpu = sim_core::hw::CpuId(1 + below(2) as u8);
            lab.0.apply(match below(2) {
                0 => sim_core::Command::Plug { cpu },
                _ => sim_core::Command::Unplug { cpu },
            });
        } else {
            lab.0.input(1, &format!("{line}\n"));
        }
        lab.0
            .advance(lab.0.now_ns() + 1 + below(9) * MS, 1 + below(4_000));
        lab.0.machine().check_invariants().expect(&line);
    }
    // Nobody is forgotten: without limits, everyone who wants runs.
    for group in &groups[1..] {
        lab.0.input(1, &format!("echo max > /cg{group}/cpu.max\n"));
        lab.0.advance(lab.0.now_ns() + 1_000 * MS, 20_000);
    }
    let before: Vec<TaskRow> = tasks(lab.0.machine());
    lab.0.advance(lab.0.now_ns() + 1_000 * MS, 200_000);
    if costs > 0 {
        for task in before.iter().filter(|t| &*t.comm == "excel") {
            assert!(
                lab.task(task.pid).cpu_time_ns > task.cpu_time_ns,
                "{task:?}"
            );
        }
    }
}

#[test]
fn groups_change_at_any_time() {
    for seed in 0..6 {
        shuffle(1 + (seed % 3) as u8, [1, 10, 0][seed as usize % 3], seed);
    }
}

#[test]
fn the_host_limits_a_container() {
    let mut lab = Lab::new(1);
    lab.0.launch("docker run --name sheet excel");
    lab.wait(100 * MS);
    let pid = lab.pid("excel", 0);
    let tty = lab.task(pid).tty.expect("a terminal");
    lab.0.input(tty, "\u{c}");
    let used = lab.used(&[pid], 200 * MS);
    assert_near(used[0], 200 * MS, SLICE, "all");
    let group = "/sys/fs/cgroup/docker/sheet";
    assert_eq!(lab.sh(&format!("echo 25000 > {group}/cpu.max")), "");
    lab.wait(100 * MS);
    let used = lab.used(&[pid], 400 * MS);
    assert_near(used[0], 100 * MS, SLICE, "a quarter");
    lab.sh(&format!("echo max > {group}/cpu.max"));
    // Beside one on the host: two alike, whoever is in a container.
    let host = lab.busy_beside();
    let used = lab.used(&[pid, host], 400 * MS);
    assert_near(used[0], used[1], SLICE, "two alike");
}
