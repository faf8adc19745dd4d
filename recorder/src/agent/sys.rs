//! How system calls answer.

use libc::c_int;
use std::ffi::CString;

use conformance::case::Params;
use serde_json::Value;

/// Why an operation has no `ret`.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The kernel refused: an outcome.
    Errno(c_int),
    /// The case asks for what there is not: no outcome, the case ends.
    Case(String),
    /// The operation is not one of this section's.
    NotMine,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Case(reason)
    }
}

pub type Answer = Result<Value, Failure>;

pub trait Number {
    fn wide(self) -> i64;
}

impl Number for c_int {
    fn wide(self) -> i64 {
        self.into()
    }
}

impl Number for i64 {
    fn wide(self) -> i64 {
        self
    }
}

impl Number for isize {
    fn wide(self) -> i64 {
        self as i64
    }
}

/// The number, or the errno of the call that has just returned it.
pub fn checked(number: impl Number) -> Result<i64, Failure> {
    let number = number.wide();
    if number < 0 {
        Err(last_error())
    } else {
        Ok(number)
    }
}

pub fn last_error() -> Failure {
    Failure::Errno(errno())
}

pub fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// A call into libc: its number, or its errno when it is negative.
macro_rules! sys {
    ($call:expr) => {{
        use libc::*;
        #[allow(
            clippy::macro_metavars_in_unsafe,
            reason = "one argument for all calls of libc; they are what this crate is for"
        )]
        // SAFETY: The process has one thread, and what the call is given to read or write lives
        // until it has returned. Calls that change what is mapped are only given regions that the
        // case made itself, which no reference of Rust points into.
        let answer = unsafe { $call };
        $crate::agent::sys::checked(answer)
    }};
}
pub(crate) use sys;

/// 0, as calls answer that have nothing to say.
pub fn nothing(_: i64) -> Value {
    Value::from(0)
}

pub fn c_text(text: impl Into<Vec<u8>>) -> Result<CString, Failure> {
    CString::new(text).map_err(|_| Failure::Case("a text holds a zero byte".into()))
}

pub fn c_param(params: &Params, name: &str) -> Result<CString, Failure> {
    c_text(params.text(name)?)
}

/// The pointer to a text, or none.
pub fn pointer(text: Option<&CString>) -> *const libc::c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// A list of flags with commas, as bits.
pub fn flags<T>(params: &Params, name: &str, bit: impl Fn(&str) -> Option<T>) -> Result<T, Failure>
where
    T: std::ops::BitOr<Output = T> + Default,
{
    params
        .list(name)
        .iter()
        .try_fold(T::default(), |bits, word| {
            bit(word)
                .map(|one| bits | one)
                .ok_or_else(|| Failure::Case(format!("'{word}' is no flag of '{name}'")))
        })
}

/// All of a file, read with the calls that an ordinary program makes.
pub fn read_all(dir_fd: c_int, path: &str) -> Result<Vec<u8>, Failure> {
    let path = c_text(path)?;
    let fd = sys!(openat(dir_fd, path.as_ptr(), O_RDONLY | O_CLOEXEC))? as c_int;
    let mut bytes = vec![];
    let mut buffer = vec![0u8; 65536];
    let end = loop {
        match sys!(read(fd, buffer.as_mut_ptr().cast::<c_void>(), buffer.len())) {
            Ok(0) => break Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&buffer[..count as usize]),
            Err(error) => break Err(error),
        }
    };
    close(fd);
    end
}

pub fn read_text(dir_fd: c_int, path: &str) -> Result<String, Failure> {
    Ok(lossy(&read_all(dir_fd, path)?))
}

/// Closes a descriptor of ours; there is nothing to do when it was none.
pub fn close(fd: c_int) {
    let _ = sys!(close(fd));
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
