//! docs/COVERAGE.md says what there is: no more, and no less.
#![cfg(not(target_arch = "wasm32"))]

use sim_core::kernel::boot::World;
use sim_core::kernel::syscall::{FLAGS, MODELLED, OpenFlags, Str};
use sim_core::kernel::{Reply, Syscall};
use sim_core::{BootOptions, Command, Machine, Sink, observe};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("../../docs/COVERAGE.md");

/// Rows of the table under a heading, as cells without blanks and code marks.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let start = TABLE
        .find(&format!("## {heading}\n"))
        .unwrap_or_else(|| panic!("no heading '{heading}'"));
    let lines = TABLE[start..].lines().skip(1);
    lines
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().replace('`', "")).collect()
        })
        .collect()
}

fn check(what: &str, in_code: &BTreeSet<String>, in_table: &BTreeSet<String>) {
    let missing: Vec<&String> = in_code.difference(in_table).collect();
    assert!(missing.is_empty(), "{what} without a row: {missing:#?}");
    let gone: Vec<&String> = in_table.difference(in_code).collect();
    assert!(gone.is_empty(), "{what} that do not exist: {gone:#?}");
}

#[test]
fn every_system_call_has_a_row() {
    let in_code = MODELLED
        .iter()
        .map(|(nr, name)| format!("{nr} {name}"))
        .collect();
    let in_table = rows("System calls")
        .iter()
        .map(|row| format!("{} {}", row[0], row[1]))
        .collect();
    check("system calls", &in_code, &in_table);
    for row in rows("System calls") {
        let (how, note) = (row[2].as_str(), row[3].as_str());
        match how {
            "modelled" => {}
            "simplified" => assert!(!note.is_empty(), "{}: simplified how?", row[1]),
            other => panic!("{}: '{other}' is neither modelled nor simplified", row[1]),
        }
    }
}

#[test]
fn what_is_refused_does_not_exist() {
    for row in rows("Refused") {
        for name in row[0].split(", ") {
            let found = MODELLED.iter().find(|(_, modelled)| *modelled == name);
            assert_eq!(found, None, "{name} is said to be refused");
        }
    }
}

#[test]
fn every_flag_has_a_row() {
    let of = |kind: &str, names: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        names.map(|name| format!("{kind} {name}")).collect()
    };
    let in_code = FLAGS
        .iter()
        .flat_map(|(kind, names)| of(kind, &mut names.iter().copied()))
        .collect();
    let in_table = rows("Flags")
        .iter()
        .flat_map(|row| of(&row[0], &mut row[1].split(", ")))
        .collect();
    check("flags", &in_code, &in_table);
}

/// The bare world and its first process.
struct Bare {
    machine: Machine,
    task: u64,
}

impl Bare {
    fn new() -> Self {
        let mut machine = Machine::boot(&BootOptions {
            cpus: 1,
            world: World::Bare,
            ..BootOptions::default()
        });
        settle(&mut machine);
        let task = observe::task_with_pid(&machine, 1).expect("a first process");
        Self { machine, task }
    }

    fn call(&mut self, call: Syscall) -> Option<(i64, Reply)> {
        let act = call.into();
        self.machine
            .apply(&Command::Inject { pid: 1, act }, &mut Sink::Null);
        settle(&mut self.machine);
        let answer = observe::answer(&self.machine, self.task)?;
        Some((answer.result.ok()?, answer.reply))
    }

    /// Paths of all files below a directory, with N for numbers.
    fn files(&mut self, dir: &str, found: &mut BTreeSet<String>) {
        let path: Str = dir.into();
        let open = Syscall::Openat {
            path,
            flags: OpenFlags::DIRECTORY.with(OpenFlags::NOFOLLOW),
            mode: 0,
        };
        let Some((fd, _)) = self.call(open) else {
            return;
        };
        let fd = fd as i32;
        let mut names = Vec::new();
        while let Some((_, Reply::Dirents(entries))) = self.call(Syscall::Getdents64 { fd }) {
            if entries.is_empty() {
                break;
            }
            names.extend(entries.iter().map(|entry| entry.name.to_string()));
        }
        self.call(Syscall::Close { fd });
        for name in names
            .iter()
            .filter(|name| !matches!(name.as_str(), "." | ".."))
        {
            let path = format!("{dir}/{name}");
            let before = found.len();
            self.files(&path, found);
            if found.len() == before {
                let parts = path.split('/').map(|part| match part.parse::<u32>() {
                    Ok(_) => "N",
                    Err(_) => part,
                });
                found.insert(parts.collect::<Vec<_>>().join("/"));
            }
        }
    }
}

fn settle(machine: &mut Machine) {
    while !machine.is_idle() {
        let advance = Command::Advance {
            until_ns: u64::MAX,
            max_ticks: 1,
        };
        machine.apply(&advance, &mut Sink::Null);
    }
}

#[test]
fn every_file_of_proc_has_a_row() {
    let mut in_code = BTreeSet::new();
    Bare::new().files("/proc", &mut in_code);
    let in_table = rows("Files of /proc")
        .iter()
        .map(|row| row[0].clone())
        .collect();
    check("files of /proc", &in_code, &in_table);
}
