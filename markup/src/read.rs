//! Tokens to a template and its holes.

use crate::mark;
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use std::iter::Peekable;

type Complaint = (Span, String);
type Tokens = Peekable<proc_macro::token_stream::IntoIter>;

/// A template and what fills it.
#[derive(Default)]
struct Written {
    template: String,
    /// An expression each, with a comma.
    holes: TokenStream,
}

/// The expression that builds what stands between the braces of an `html!`.
pub fn nodes(input: TokenStream) -> Result<TokenStream, Complaint> {
    let mut written = Written::default();
    let mut tokens = input.into_iter().peekable();
    while tokens.peek().is_some() {
        written.node(&mut tokens)?;
    }
    let template = TokenTree::Literal(Literal::string(&written.template));
    let holes = TokenTree::Group(Group::new(Delimiter::Bracket, written.holes));
    let mut call = path(&["crate", "markup", "build"]);
    call.extend(in_parentheses([
        template,
        punct(','),
        punct('&'),
        ident("mut"),
        holes,
    ]));
    Ok(call)
}

/// A compile error at a place.
pub fn complaint(span: Span, why: &str) -> TokenStream {
    let mut error = path(&["core", "compile_error"]);
    error.extend([punct('!')]);
    error.extend(in_parentheses([TokenTree::Literal(Literal::string(why))]));
    error
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

impl Written {
    fn text(&mut self, mark: char, texts: &[&str]) {
        self.template.push(mark);
        for text in texts {
            self.template.push_str(text);
            self.template.push(mark::END);
        }
    }

    /// `crate::markup::Hole::from(value)`.
    fn hole(&mut self, value: TokenStream) {
        self.holes
            .extend(path(&["crate", "markup", "Hole", "from"]));
        self.holes.extend(in_parentheses(value));
        self.holes.extend([punct(',')]);
    }

    fn child(&mut self, value: TokenStream) {
        self.template.push(mark::CHILD);
        self.hole(value);
    }

    fn node(&mut self, tokens: &mut Tokens) -> Result<(), Complaint> {
        let Some(token) = tokens.next() else {
            return Ok(());
        };
        match token {
            TokenTree::Punct(ref open) if open.as_char() == '<' => self.tag(open.span(), tokens),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                self.value(group);
                Ok(())
            }
            TokenTree::Literal(literal) => {
                self.literal(literal);
                Ok(())
            }
            TokenTree::Ident(word) if word.to_string() == "if" => {
                let value = choice(word, tokens)?;
                self.child(value);
                Ok(())
            }
            other => Err((
                other.span(),
                "expected an element, a text, { } or if".into(),
            )),
        }
    }

    fn literal(&mut self, literal: Literal) {
        match string(&literal) {
            Some(text) => self.text(mark::TEXT, &[&text]),
            None => self.child(TokenTree::Literal(literal).into()),
        }
    }

    /// `{ value }` or `{ for iterator }`.
    fn value(&mut self, group: Group) {
        let mut inner = group.stream().into_iter().peekable();
        let mut ahead = inner.clone();
        if let (Some(TokenTree::Literal(text)), None) = (ahead.next(), ahead.next()) {
            return self.literal(text);
        }
        let is_list = matches!(inner.peek(), Some(TokenTree::Ident(i)) if i.to_string() == "for");
        if is_list {
            inner.next();
            let mut list = path(&["crate", "markup", "list"]);
            list.extend(in_parentheses(inner.collect::<TokenStream>()));
            self.child(list);
        } else {
            self.child(group.stream());
        }
    }

    /// What follows a `<`.
    fn tag(&mut self, span: Span, tokens: &mut Tokens) -> Result<(), Complaint> {
        match tokens.peek() {
            // A fragment: its nodes are its parent's.
            Some(TokenTree::Punct(close)) if close.as_char() == '>' => {
                tokens.next();
                self.children(span, tokens)
            }
            Some(TokenTree::Ident(name))
                if name
                    .to_string()
                    .starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                self.component(span, tokens)
            }
            _ => self.element(span, tokens),
        }
    }

    /// Up to and with the end tag.
    fn children(&mut self, span: Span, tokens: &mut Tokens) -> Result<(), Complaint> {
        loop {
            let mut ahead = tokens.clone();
            let ends = takes(&mut ahead, '<') && takes(&mut ahead, '/');
            if ends {
                *tokens = ahead;
                let _name = name(tokens);
                return expect(span, tokens, '>');
            }
            if tokens.peek().is_none() {
                return Err((span, "this element does not end".into()));
            }
            self.node(tokens)?;
        }
    }

    /// A component is written by yew.
    fn component(&mut self, span: Span, tokens: &mut Tokens) -> Result<(), Complaint> {
        let mut written: TokenStream = [punct('<')].into_iter().collect();
        loop {
            let Some(token) = tokens.next() else {
                return Err((
                    span,
                    "a component has no children here: end it with />".into(),
                ));
            };
            let slash = matches!(&token, TokenTree::Punct(p) if p.as_char() == '/');
            written.extend([token]);
            if slash && takes(tokens, '>') {
                written.extend([punct('>')]);
                break;
            }
        }
        let mut call = path(&["yew", "html"]);
        call.extend([punct('!')]);
        call.extend([TokenTree::Group(Group::new(Delimiter::Brace, written))]);
        self.child(call);
        Ok(())
    }

    fn element(&mut self, span: Span, tokens: &mut Tokens) -> Result<(), Complaint> {
        let tag = name(tokens).ok_or((span, "expected an element's name".to_string()))?;
        self.text(mark::OPEN, &[&tag]);
        loop {
            if let Some(name) = name(tokens) {
                expect(span, tokens, '=')?;
                let value = tokens.next();
                self.attribute(&name, value.ok_or((span, format!("{name} has no value")))?)?;
                continue;
            }
            match tokens.next() {
                Some(TokenTree::Punct(p)) if p.as_char() == '/' => {
                    expect(span, tokens, '>')?;
                    break;
                }
                Some(TokenTree::Punct(p)) if p.as_char() == '>' => {
                    self.children(span, tokens)?;
                    break;
                }
                // `{name}` is `name={name}`.
                Some(TokenTree::Group(group)) => {
                    let name = group.stream().to_string();
                    self.attribute(&name, TokenTree::Group(group))?;
                }
                Some(other) => return Err((other.span(), "expected an attribute".into())),
                None => return Err((span, "this tag does not end".into())),
            }
        }
        self.template.push(mark::CLOSE);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: TokenTree) -> Result<(), Complaint> {
        let value = match value {
            TokenTree::Literal(literal) => match string(&literal) {
                Some(text) => {
                    self.text(mark::ATTRIBUTE, &[name, &text]);
                    return Ok(());
                }
                None => TokenTree::Literal(literal).into(),
            },
            TokenTree::Group(group) => group.stream(),
            other => {
                return Err((
                    other.span(),
                    format!("{name} takes \"text\" or {{ value }}"),
                ));
            }
        };
        match name {
            "ref" => self.template.push(mark::NODE_REF),
            "key" => {
                self.template.push(mark::KEY);
                let mut key = path(&["yew", "virtual_dom", "Key", "from"]);
                key.extend(in_parentheses(value));
                self.hole(key);
                return Ok(());
            }
            _ if name.starts_with("on") => {
                self.template.push(mark::LISTENER);
                let mut listener = path(&["yew", "html", name, "Wrapper", "__macro_new"]);
                listener.extend(in_parentheses(value));
                self.hole(listener);
                return Ok(());
            }
            _ => self.text(mark::HOLE, &[name]),
        }
        self.hole(value);
        Ok(())
    }
}

/// `if condition { nodes } else ...`, from after the `if`.
fn choice(word: Ident, tokens: &mut Tokens) -> Result<TokenStream, Complaint> {
    let span = word.span();
    let mut written: TokenStream = [TokenTree::Ident(word)].into_iter().collect();
    loop {
        match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                written.extend([in_braces(nodes(group.stream())?)]);
                break;
            }
            Some(token) => written.extend([token]),
            None => return Err((span, "this if has no { }".into())),
        }
    }
    written.extend([ident("else")]);
    let has_else = matches!(tokens.peek(), Some(TokenTree::Ident(i)) if i.to_string() == "else");
    if !has_else {
        written.extend([in_braces(nodes(TokenStream::new())?)]);
        return Ok(written);
    }
    tokens.next();
    match tokens.next() {
        Some(TokenTree::Group(group)) => {
            written.extend([in_braces(nodes(group.stream())?)]);
            Ok(written)
        }
        Some(TokenTree::Ident(word)) => {
            written.extend(choice(word, tokens)?);
            Ok(written)
        }
        _ => Err((span, "this else has no { }".into())),
    }
}

/// A name with its dashes and colons.
fn name(tokens: &mut Tokens) -> Option<String> {
    let mut name = String::new();
    loop {
        match tokens.peek() {
            Some(TokenTree::Ident(part)) if !name.ends_with(char::is_alphanumeric) => {
                name.push_str(part.to_string().trim_start_matches("r#"));
            }
            Some(TokenTree::Literal(part)) if name.ends_with('-') => {
                name.push_str(&part.to_string());
            }
            Some(TokenTree::Punct(dash))
                if !name.is_empty() && ['-', ':'].contains(&dash.as_char()) =>
            {
                name.push(dash.as_char());
            }
            _ => return (!name.is_empty()).then_some(name),
        }
        tokens.next();
    }
}

/// The text of a string literal; none if it has escapes, which the compiler reads.
fn string(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    let text = written.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then(|| text.into())
}

fn takes(tokens: &mut Tokens, sign: char) -> bool {
    let is_there = matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == sign);
    is_there && tokens.next().is_some()
}

fn expect(span: Span, tokens: &mut Tokens, sign: char) -> Result<(), Complaint> {
    let found = tokens.peek().map_or(span, TokenTree::span);
    match takes(tokens, sign) {
        true => Ok(()),
        false => Err((found, format!("expected {sign}"))),
    }
}

fn punct(sign: char) -> TokenTree {
    TokenTree::Punct(Punct::new(sign, Spacing::Alone))
}

fn ident(name: &str) -> TokenTree {
    TokenTree::Ident(Ident::new(name, Span::call_site()))
}

fn in_braces(inner: TokenStream) -> TokenTree {
    TokenTree::Group(Group::new(Delimiter::Brace, inner))
}

fn in_parentheses(inner: impl IntoIterator<Item = TokenTree>) -> TokenStream {
    let inner = inner.into_iter().collect();
    TokenTree::Group(Group::new(Delimiter::Parenthesis, inner)).into()
}

/// `crate::a::b`, or `::a::b` of another crate.
fn path(names: &[&str]) -> TokenStream {
    let mut path = TokenStream::new();
    for (at, name) in names.iter().enumerate() {
        if at > 0 || *name != "crate" {
            let joined = TokenTree::Punct(Punct::new(':', Spacing::Joint));
            path.extend([joined, punct(':')]);
        }
        path.extend([ident(name)]);
    }
    path
}
