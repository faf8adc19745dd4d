//! The real kernel as the judge of the model.
//!
//! ```text
//! agent        a process of a case: carries out operations as system calls
//! world        a case's world on this machine: namespaces, cgroups, processes, an observer
//! record       records the outcomes of case files, or checks them
//! drift        random walks on the kernel, run on the model too, and shrunk where it differs
//! environment  what recording needs of the machine
//! names        names of errors, signals and capabilities
//! ```

// The runtime of Rust would ignore SIGPIPE and handle SIGSEGV, in every process of a world.
#![cfg_attr(all(target_os = "linux", target_arch = "x86_64", not(test)), no_main)]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod agent;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod commands;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod drift;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod environment;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod names;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod record;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod world;

/// What the C library calls.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub extern "C" fn main() -> std::ffi::c_int {
    commands::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> std::process::ExitCode {
    eprintln!("cases are recorded on Linux on x86-64 only");
    std::process::ExitCode::from(2)
}
