//! The figures of the model, natively, and beside them those of the kernel that this runs on.
//! `cargo run --profile fast --example bench`, or `cargo xtask bench`.

#[path = "../benches/figures/mod.rs"]
mod figures;

use figures::Kind;
use std::path::Path;
use std::process::Command;

#[expect(
    clippy::disallowed_types,
    reason = "a benchmark measures the host's time; the model has no clock"
)]
fn clock() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

fn main() {
    let real = match real_kernel() {
        Ok(figures) => figures,
        Err(why) => {
            println!("the real kernel is left out: {why}");
            Vec::new()
        }
    };
    for figure in figures::all(clock) {
        let beside = real.iter().find(|(kind, _)| Some(*kind) == figure.like);
        let ratio =
            beside.map(|(_, ns)| format!("  real kernel {ns:.0} ns: 1/{:.0}", ns / figure.value));
        println!("{figure}{}", ratio.unwrap_or_default());
    }
    println!("{}", figures::history(clock, 1_000_000, 2_000));
}

/// What `benches/real_kernel.c` measures.
fn real_kernel() -> Result<Vec<(Kind, f64)>, String> {
    if !cfg!(target_os = "linux") {
        return Err("this is not Linux".into());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/real_kernel.c");
    let program = std::env::temp_dir().join(format!("ringside-bench-{}", std::process::id()));
    let built = Command::new("cc")
        .args(["-O2", "-o"])
        .arg(&program)
        .arg(&source)
        .status();
    match built {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("cc: {status}")),
        Err(error) => return Err(format!("cc: {error}")),
    }
    let output = Command::new(&program).output();
    // Whether it can be removed makes no difference to the figures.
    let _ = std::fs::remove_file(&program);
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = |line: &str| {
        let (name, ns) = line.split_once(' ')?;
        let kind = match name {
            "fork" => Kind::Fork,
            "touch" => Kind::FirstTouch,
            "pipe" => Kind::Pipe,
            "getppid" => Kind::Getppid,
            _ => return None,
        };
        Some((kind, ns.parse().ok()?))
    };
    Ok(text.lines().filter_map(read).collect())
}
