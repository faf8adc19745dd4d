//! What stands in a template. A mark is one byte; a name or a text ends with [`END`].

pub const END: char = '\0';
/// Then a tag's name.
pub const OPEN: char = '\x01';
/// Then a name and a value.
pub const ATTRIBUTE: char = '\x02';
/// Then a name: its value is the next hole.
pub const HOLE: char = '\x03';
/// The next hole listens.
pub const LISTENER: char = '\x04';
/// The next hole is the element's `ref`.
pub const NODE_REF: char = '\x05';
/// The next hole is the element's `key`.
pub const KEY: char = '\x06';
/// Then a text.
pub const TEXT: char = '\x07';
/// The next hole is a child.
pub const CHILD: char = '\x08';
pub const CLOSE: char = '\x0b';
