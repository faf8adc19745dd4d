//! A session in a URL's fragment: `#s1.` and the script, compressed, in base64url.

use super::script::SCRIPT_BYTES_MAX;
use super::{ScriptError, Session};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::fmt;

const PREFIX: &str = "#s1.";
/// Longest link that is looked at, in bytes.
const LINK_BYTES_MAX: usize = 4 << 20;
const DEFLATE_LEVEL: u8 = 9;

/// Why a link is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It does not begin with `#s1.`: it is something else, or from a later version.
    NotALink,
    TooLong,
    /// Cut off or mangled on its way.
    Damaged,
    /// It holds text, but the text is no script.
    Script(ScriptError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NotALink => f.write_str("not a shared session of this version"),
            LinkError::TooLong => f.write_str("the shared session is too long"),
            LinkError::Damaged => f.write_str("the link is cut off or damaged"),
            LinkError::Script(error) => write!(f, "the shared session: {error}"),
        }
    }
}

impl std::error::Error for LinkError {}

impl Session {
    /// The current branch as the fragment of a URL, with the model's version and the digest that
    /// it ends with.
    pub fn link(&self) -> String {
        let packed = compress_to_vec(self.script_with_digest().as_bytes(), DEFLATE_LEVEL);
        let mut link = String::from(PREFIX);
        encode(&packed, &mut link);
        link
    }

    /// The session that [`Session::link`] wrote; the leading `#` may be missing.
    ///
    /// # Errors
    /// Not a link, a damaged one, or one whose script cannot be replayed.
    pub fn from_link(link: &str) -> Result<Session, LinkError> {
        let script = script_of_link(link)?;
        Session::from_script(&script).map_err(LinkError::Script)
    }
}

/// The script in a link.
///
/// # Errors
/// Not a link, or a damaged one.
pub fn script_of_link(link: &str) -> Result<String, LinkError> {
    let bare = link.strip_prefix('#').unwrap_or(link);
    let payload = bare.strip_prefix(&PREFIX[1..]).ok_or(LinkError::NotALink)?;
    if payload.len() > LINK_BYTES_MAX {
        return Err(LinkError::TooLong);
    }
    let packed = decode(payload).ok_or(LinkError::Damaged)?;
    let text =
        decompress_to_vec_with_limit(&packed, SCRIPT_BYTES_MAX).map_err(|error| {
            match error.status {
                miniz_oxide::inflate::TINFLStatus::HasMoreOutput => LinkError::TooLong,
                _ => LinkError::Damaged,
            }
        })?;
    String::from_utf8(text).map_err(|_| LinkError::Damaged)
}

/// RFC 4648, section 5, without padding.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(bytes: &[u8], to: &mut String) {
    for chunk in bytes.chunks(3) {
        let mut word = 0u32;
        for at in 0..3 {
            word = word << 8 | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..=chunk.len() {
            let digit = word >> (18 - 6 * at) & 63;
            to.push(char::from(ALPHABET[digit as usize]));
        }
    }
}

/// `None` for anything that [`encode`] does not write.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for at in 0..4 {
            let digit = match chunk.get(at) {
                Some(c) => ALPHABET.iter().position(|known| known == c)? as u32,
                None => 0,
            };
            word = word << 6 | digit;
        }
        let all = [(word >> 16) as u8, (word >> 8) as u8, word as u8];
        // One digit alone is not a byte, and what is left over is zero.
        let length = chunk.len().checked_sub(1).filter(|&length| length > 0)?;
        let (whole, rest) = all.split_at(length);
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(whole);
    }
    Some(bytes)
}
