//! mount(2), as the runtime calls it.

use crate::kernel::Syscall;
use crate::kernel::syscall::MountFlags;
use crate::user::tool::{Asked, Sys};

/// Type, flags and options.
pub(super) type How<'a> = (&'a str, MountFlags, &'a str);

pub(super) fn mount(
    sys: &mut Sys<'_>,
    source: &str,
    target: &str,
    (fstype, flags, data): How<'_>,
) -> Asked<i64> {
    sys.call(Syscall::Mount {
        source: source.into(),
        target: target.into(),
        fstype: fstype.into(),
        flags,
        data: data.into(),
    })
}
