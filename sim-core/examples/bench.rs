//! The figures of the model, natively. `cargo run --release --example bench`.

#[path = "../benches/figures/mod.rs"]
mod figures;

use figures::Figure;

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
    for Figure { name, value, unit } in figures::all(clock) {
        println!("{name:<40} {value:>12.1} {unit}");
    }
    let history = figures::history(clock, 1_000_000, 2_000);
    println!(
        "history of {} ticks, {} processes, 65,536 frames: {} keyframes, {:.1} MB estimated, \
         played at {:.2} million ticks/s",
        history.ticks,
        history.processes,
        history.keyframes,
        history.bytes as f64 / 1e6,
        history.ticks as f64 / history.play_seconds / 1e6,
    );
    println!(
        "seek: median {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        history.quantile_ms(0.5),
        history.quantile_ms(0.99),
        history.quantile_ms(1.0)
    );
}
