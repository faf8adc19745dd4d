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
    let show = |figure: figures::Figure| {
        let beside = real.iter().find(|(kind, _)| Some(*kind) == figure.like);
        let ratio =
            beside.map(|(_, ns)| format!("  real kernel {ns:.0} ns: 1/{:.0}", ns / figure.value));
        println!("{figure}{}", ratio.unwrap_or_default());
    };
    figures::rates(clock).into_iter().for_each(show);
    for processes in [10, 10_000] {
        println!("among {processes} processes:");
        figures::among(clock, processes).into_iter().for_each(show);
    }
    println!("{}", figures::history(clock, 1_000_000, 2_000));
}

/// What `benches/real_kernel.c` measures.
fn real_kernel() -> Result<Vec<(Kind, f64)>, String> {
    if !cfg!(target_os = "linux") {
        return Err("this is not Linux".into());
    }
    let name = format!("ringside-bench-{}", std::process::id());
    let program = std::env::temp_dir().join(&name);
    let contained = std::env::temp_dir().join(format!("{name}-program"));
    compile(&[], &program)?;
    // Only `docker run` is missing without it.
    let bare = ["-DPROGRAM", "-static", "-nostdlib", "-fno-stack-protector"];
    if let Err(why) = compile(&bare, &contained) {
        println!("the real kernel's docker run is left out: {why}");
    }
    let output = Command::new(&program)
        .args(contained.exists().then_some(&contained))
        .output();
    // Whether they can be removed makes no difference to the figures.
    let _ = std::fs::remove_file(&program);
    let _ = std::fs::remove_file(&contained);
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = |line: &str| {
        let (name, ns) = line.split_once(' ')?;
        let kind = match name {
            "fork" => Kind::Fork,
            "touch" => Kind::FirstTouch,
            "pipe" => Kind::Pipe,
            "getppid" => Kind::Getppid,
            "docker" => Kind::Docker,
            "skip" => {
                println!("the real kernel leaves out {ns}");
                return None;
            }
            _ => return None,
        };
        Some((kind, ns.parse().ok()?))
    };
    Ok(text.lines().filter_map(read).collect())
}

fn compile(options: &[&str], to: &Path) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/real_kernel.c");
    let built = Command::new("cc")
        .arg("-O2")
        .args(options)
        .arg("-o")
        .arg(to)
        .arg(&source)
        .status();
    match built {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cc: {status}")),
        Err(error) => Err(format!("cc: {error}")),
    }
}
