//! `html!` in yew's syntax, compiled to less: a template, and an array of what fills its holes.
//!
//! yew's own macro writes code that builds each element where it stands. With it, the page's
//! components were 48 KB (brotli) of its module when it was measured; written as templates, which
//! `frontend/src/markup.rs` reads once and then follows, 37 KB. Components within an
//! `html!` are left to yew.
//!
//! The template is text with marks (see [`mark`]); each hole is one expression, in the order of the
//! source.

mod mark;
mod read;

use proc_macro::TokenStream;

/// Elements with attributes, listeners, `ref` and `key`; components; texts; `{ value }`,
/// `{ for iterator }`, `if`, fragments. As in yew, except that an element's name is always fixed.
#[proc_macro]
pub fn html(input: TokenStream) -> TokenStream {
    match read::nodes(input) {
        Ok(written) => written,
        Err((span, why)) => read::complaint(span, &why),
    }
}
