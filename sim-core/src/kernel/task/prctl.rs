//! prctl(2), what concerns the family.

use super::Subreaper;
use crate::kernel::cred;
use crate::kernel::syscall::{Prctl, done, signal_arg};
use crate::kernel::{Ctx, SysResult};

/// prctl(2). What a GET answers through memory on Linux is the return value here.
///
/// # Errors
/// EINVAL for a bad signal.
pub fn sys_prctl(cx: &mut Ctx<'_>, option: Prctl) -> SysResult {
    match option {
        Prctl::SetPdeathsig(signal) => {
            let signal = match signal.0 {
                0 => None,
                _ => Some(signal_arg(&cx.why, signal)?),
            };
            cx.me_mut()?.pdeath_signal = signal;
            done(0)
        }
        Prctl::GetPdeathsig => done(cx.me()?.pdeath_signal.map_or(0, |s| s.nr())),
        Prctl::SetChildSubreaper(value) => {
            cx.me_mut()?.subreaper = if value == 0 {
                Subreaper::No
            } else {
                Subreaper::Yes
            };
            done(0)
        }
        Prctl::GetChildSubreaper => done(i64::from(cx.me()?.subreaper == Subreaper::Yes)),
        Prctl::CapbsetRead(_)
        | Prctl::CapbsetDrop(_)
        | Prctl::CapAmbient(..)
        | Prctl::SetKeepcaps(_)
        | Prctl::GetKeepcaps
        | Prctl::SetSecurebits(_)
        | Prctl::GetSecurebits
        | Prctl::SetNoNewPrivs(_)
        | Prctl::GetNoNewPrivs
        | Prctl::SetDumpable(_)
        | Prctl::GetDumpable => cred::cred_prctl(cx, option),
    }
}
