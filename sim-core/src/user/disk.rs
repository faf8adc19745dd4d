//! What is on the disk at power-on: the host's programs and files, and container images.

use super::registry::{DATA_PAGES, Program, TEXT_PAGES};
use crate::hw::{Disk, DiskFile, DiskNode, Load, Mmu, PAGE_BYTES};

/// Directories of the host.
const DIRECTORIES: &[(&str, u16)] = &[
    ("/bin", 0o755),
    ("/etc", 0o755),
    ("/mnt", 0o755),
    ("/proc", 0o555),
    ("/run", 0o755),
    ("/run/docker", 0o755),
    ("/sbin", 0o755),
    ("/sys", 0o555),
    ("/sys/fs", 0o755),
    ("/sys/fs/cgroup", 0o755),
    ("/tmp", 0o1777),
    ("/usr", 0o755),
    ("/usr/bin", 0o755),
    ("/var", 0o755),
    ("/var/lib", 0o755),
    ("/var/lib/docker", 0o755),
    ("/var/lib/docker/overlay2", 0o710),
    ("/var/lib/docker/images", 0o755),
];

/// Images that `docker run` finds: each has its application and a small userland.
pub const IMAGES: &[(&str, Program)] = &[
    ("word", Program::Word),
    ("excel", Program::Excel),
    ("ppt", Program::Ppt),
];

const IMAGE_TOOLS: &[Program] = &[
    Program::Sh,
    Program::Ps,
    Program::Lsns,
    Program::Ip,
    Program::Ls,
    Program::Cat,
    Program::Hostname,
    Program::Id,
    Program::Kill,
    Program::Echo,
    Program::Sleep,
    Program::Mount,
    Program::Umount,
    Program::Mkdir,
];

fn directory(path: String, mode: u16) -> DiskNode {
    DiskNode::Dir { path, mode }
}

fn program(program: Program, dir: &str, mmu: Mmu) -> DiskNode {
    let id = program.id().0;
    let file = DiskFile::Program {
        program: id,
        text_pages: TEXT_PAGES,
        data_pages: DATA_PAGES,
        load: match mmu {
            Mmu::Paging => Load::Virtual,
            Mmu::None => flat(program),
        },
    };
    DiskNode::File {
        path: format!("{dir}/{}", program.name()),
        mode: 0o755,
        file,
    }
}

/// Where programs begin that are linked for a machine without an MMU: 128 KiB, above the kernel.
const FLAT_START: u64 = 0x2_0000;

/// Pages for heap and stack, in a program that is linked for a machine without an MMU.
fn room(program: Program) -> (u16, u16) {
    match program {
        Program::Word | Program::Excel | Program::Ppt => (7, 1),
        _ => (0, 2),
    }
}

fn flat_pages(program: Program) -> u16 {
    let (heap_pages, stack_pages) = room(program);
    TEXT_PAGES + DATA_PAGES + heap_pages + stack_pages
}

/// One behind the other, the applications last: Excel, and right behind it Word.
fn flat(program: Program) -> Load {
    let last = [Program::Excel, Program::Word, Program::Ppt];
    let tools = Program::ALL.iter().filter(|p| !last.contains(p));
    let before = tools.chain(&last).take_while(|p| **p != program);
    let pages: u64 = before.map(|p| u64::from(flat_pages(*p))).sum();
    let (heap_pages, stack_pages) = room(program);
    Load::Physical {
        addr: FLAT_START + pages * PAGE_BYTES as u64,
        heap_pages,
        stack_pages,
    }
}

fn text(path: String, text: &str) -> DiskNode {
    DiskNode::File {
        path,
        mode: 0o644,
        file: DiskFile::Bytes(text.as_bytes().to_vec()),
    }
}

/// The whole disk, parents before children.
pub fn disk(mmu: Mmu) -> Disk {
    let mut nodes: Vec<DiskNode> = DIRECTORIES
        .iter()
        .map(|(path, mode)| directory((*path).into(), *mode))
        .collect();
    let installed = Program::ALL.iter().filter(|p| !p.directory().is_empty());
    nodes.extend(installed.map(|p| program(*p, p.directory(), mmu)));
    nodes.push(text("/etc/hostname".into(), "host\n"));
    nodes.push(text(
        "/etc/os-release".into(),
        "NAME=\"Ringside\"\nID=ringside\n",
    ));
    nodes.push(text("/etc/passwd".into(), "root:x:0:0:root:/:/bin/sh\n"));
    for (name, app) in IMAGES {
        image(&mut nodes, name, *app, mmu);
    }
    Disk { nodes }
}

fn image(nodes: &mut Vec<DiskNode>, name: &str, app: Program, mmu: Mmu) {
    let root = format!("/var/lib/docker/images/{name}");
    nodes.push(directory(root.clone(), 0o755));
    for (dir, mode) in [
        ("bin", 0o755),
        ("dev", 0o755),
        ("etc", 0o755),
        ("proc", 0o555),
        ("tmp", 0o1777),
    ] {
        nodes.push(directory(format!("{root}/{dir}"), mode));
    }
    let bin = format!("{root}/bin");
    nodes.push(program(app, &bin, mmu));
    nodes.extend(IMAGE_TOOLS.iter().map(|tool| program(*tool, &bin, mmu)));
    let release = format!("NAME=\"{name} image\"\nID={name}\n");
    nodes.push(text(format!("{root}/etc/os-release"), &release));
    nodes.push(text(
        format!("{root}/etc/passwd"),
        "root:x:0:0:root:/:/bin/sh\n",
    ));
}

/// The disk of the bare world: one program, entered in no directory.
pub fn bare_disk(mmu: Mmu) -> Disk {
    Disk {
        nodes: vec![program(Program::Agent, "", mmu)],
    }
}
