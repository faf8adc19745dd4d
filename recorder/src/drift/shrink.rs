//! A short case of a long one.

use super::{is_different, record};
use crate::environment::is_interrupted;
use crate::record::outcomes;
use crate::world::Layout;
use conformance::{Case, Options, run};

/// Leaves out steps as long as the model still differs from the kernel, which is asked again each
/// time: what the others come to may change. First everything after the first difference, then
/// ever smaller stretches.
///
/// # Errors
/// What is wrong with this machine.
pub fn shrink(case: &Case, layout: &Layout) -> Result<Case, String> {
    let mut best = up_to_first_difference(case.clone())?;
    let mut stretch = best.steps.len() / 2;
    while stretch > 0 {
        let mut is_shorter = false;
        let mut end = best.steps.len();
        // From the end: later steps depend on earlier ones.
        while end > 0 {
            let start = end.saturating_sub(stretch);
            let mut fewer = best.clone();
            fewer.steps.drain(start..end.min(best.steps.len()));
            if differs_again(&mut fewer, layout)? {
                best = up_to_first_difference(fewer)?;
                is_shorter = true;
            }
            end = start.min(best.steps.len());
        }
        if !is_shorter || stretch > 1 {
            stretch /= 2;
        }
    }
    Ok(best)
}

fn up_to_first_difference(mut case: Case) -> Result<Case, String> {
    let verdict = run(&case, &Options::default())?;
    if let Some(first) = verdict.differences.first() {
        case.steps.truncate(first.step + 1);
    }
    Ok(case)
}

fn differs_again(case: &mut Case, layout: &Layout) -> Result<bool, String> {
    if is_interrupted() {
        return Err("interrupted".into());
    }
    // A step whose process is no longer made: not worth a world.
    if conformance::run::check(case).is_err() {
        return Ok(false);
    }
    // Most tries differ no longer: one run tells.
    let Ok(outs) = outcomes(case, layout) else {
        return Ok(false);
    };
    for (step, out) in case.steps.iter_mut().zip(outs) {
        step.out = Some(out);
    }
    Ok(is_different(case)? && record(case, layout)? && is_different(case)?)
}
