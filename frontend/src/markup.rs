//! Follows the templates that [`markup::html`] writes: each is read once, then its holes are filled.

use sim_core::store::SortedMap;
use std::cell::RefCell;
use std::rc::Rc;
use yew::virtual_dom::{AttributeOrProperty, Attributes, Key, Listener, VList, VNode, VTag, VText};
use yew::{AttrValue, Callback, NodeRef};

#[path = "../../markup/src/mark.rs"]
mod mark;

pub use ::markup::html;

/// What fills a hole of a template.
#[derive(Default)]
pub enum Hole {
    /// An attribute or a child that is not there.
    #[default]
    None,
    Text(AttrValue),
    Flag(bool),
    Node(VNode),
    Listener(Rc<dyn Listener>),
    Ref(NodeRef),
    Key(Key),
}

/// What a template says.
enum Part {
    Element(Element),
    Text(&'static str),
    Child,
}

struct Element {
    tag: &'static str,
    keys: &'static [&'static str],
    /// The value of each key; none is a hole.
    values: Vec<Option<&'static str>>,
    /// What the holes before the children are, in their order.
    holes: Vec<Filled>,
    children: Vec<Part>,
}

/// What becomes of a hole of an element itself.
#[derive(Clone, Copy)]
enum Filled {
    /// The value of the key in this place.
    Attribute(usize),
    Listener,
    NodeRef,
    Key,
}

thread_local! {
    /// The templates that were read, by their place in the module.
    static READ: RefCell<SortedMap<(usize, usize), &'static [Part]>> = RefCell::default();
}

/// Builds what a template says.
pub fn build(template: &'static str, holes: &mut [Hole]) -> VNode {
    let place = (template.as_ptr().addr(), template.len());
    let known = READ.with(|read| read.borrow().get(&place).copied());
    let parts = known.unwrap_or_else(|| {
        let parts: &[Part] = Vec::leak(Reader(template).parts());
        READ.with(|read| read.borrow_mut().insert(place, parts));
        parts
    });
    let mut filler = Filler(holes.iter_mut());
    match parts {
        [part] => filler.node(part),
        _ => list(filler.nodes(parts)),
    }
}

/// A `class` of names that always hold and of some that do when they are true.
pub fn classes(always: &str, more: &[(&str, bool)]) -> String {
    let mut class = String::from(always);
    for (name, holds) in more {
        if *holds {
            class.push(' ');
            class.push_str(name);
        }
    }
    class
}

/// Where messages go: a listener that sends one of them is the same code for all.
pub trait Tells<M> {
    /// Sends this message at each event.
    fn tells<E: 'static>(&self, message: M) -> Callback<E>;
}

impl<M: Clone + 'static> Tells<M> for Callback<M> {
    fn tells<E: 'static>(&self, message: M) -> Callback<E> {
        let send = self.clone();
        Callback::from(move |_| send.emit(message.clone()))
    }
}

/// Nodes one after the other.
pub fn list(nodes: impl IntoIterator<Item = VNode>) -> VNode {
    many(nodes.into_iter().collect())
}

fn many(nodes: Vec<VNode>) -> VNode {
    VNode::VList(Rc::new(VList::with_children(nodes, None)))
}

/// What is still to be read of a template.
struct Reader(&'static str);

impl Reader {
    fn mark(&mut self) -> Option<char> {
        let mut rest = self.0.chars();
        let mark = rest.next()?;
        self.0 = rest.as_str();
        Some(mark)
    }

    /// Up to the end mark.
    fn text(&mut self) -> &'static str {
        let (text, rest) = self.0.split_once(mark::END).unwrap_or((self.0, ""));
        self.0 = rest;
        text
    }

    /// Up to the end of the element or of the template.
    fn parts(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            parts.push(match self.mark() {
                Some(mark::OPEN) => Part::Element(self.element()),
                Some(mark::TEXT) => Part::Text(self.text()),
                Some(mark::CHILD) => Part::Child,
                end => {
                    debug_assert!(matches!(end, None | Some(mark::CLOSE)));
                    return parts;
                }
            });
        }
    }

    fn element(&mut self) -> Element {
        let tag = self.text();
        let (mut keys, mut values, mut holes) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let before = self.0;
            match self.mark() {
                Some(mark::ATTRIBUTE) => {
                    keys.push(self.text());
                    values.push(Some(self.text()));
                }
                Some(mark::HOLE) => {
                    holes.push(Filled::Attribute(keys.len()));
                    keys.push(self.text());
                    values.push(None);
                }
                Some(mark::LISTENER) => holes.push(Filled::Listener),
                Some(mark::NODE_REF) => holes.push(Filled::NodeRef),
                Some(mark::KEY) => holes.push(Filled::Key),
                _ => {
                    self.0 = before;
                    break;
                }
            }
        }
        Element {
            tag,
            keys: Vec::leak(keys),
            values,
            holes,
            children: self.parts(),
        }
    }
}

/// The holes that are still to be filled.
struct Filler<'a>(std::slice::IterMut<'a, Hole>);

impl Filler<'_> {
    fn next(&mut self) -> Hole {
        self.0.next().map(std::mem::take).unwrap_or_default()
    }

    fn nodes(&mut self, parts: &[Part]) -> Vec<VNode> {
        parts.iter().map(|part| self.node(part)).collect()
    }

    fn node(&mut self, part: &Part) -> VNode {
        match part {
            Part::Text(text) => VText::new(*text).into(),
            Part::Child => match self.next() {
                Hole::Node(node) => node,
                Hole::Text(text) => VText::new(text).into(),
                _ => VNode::default(),
            },
            Part::Element(element) => self.element(element).into(),
        }
    }

    fn element(&mut self, element: &Element) -> VTag {
        let mut tag = VTag::new(element.tag);
        let known = |value: &Option<&'static str>| value.map(AttributeOrProperty::Static);
        let mut values: Box<[_]> = element.values.iter().map(known).collect();
        let mut listeners = Vec::new();
        for filled in &element.holes {
            match (*filled, self.next()) {
                (Filled::Attribute(at), hole) => {
                    let key = element.keys[at];
                    let text = match hole {
                        Hole::Text(text) => Some(text),
                        Hole::Flag(true) => Some(key.into()),
                        _ => None,
                    };
                    // An input's value is its property, not its attribute.
                    let is_field = matches!(element.tag, "input" | "textarea");
                    match (is_field, key) {
                        (true, "value") => tag.set_value(text),
                        (true, "checked") => tag.set_checked(text.is_some()),
                        _ => values[at] = text.map(AttributeOrProperty::Attribute),
                    }
                }
                (_, Hole::Listener(listener)) => listeners.push(Some(listener)),
                (_, Hole::Ref(node)) => tag.node_ref = node,
                (_, Hole::Key(key)) => tag.key = Some(key),
                _ => {}
            }
        }
        tag.attributes = Attributes::Dynamic {
            keys: element.keys,
            values,
        };
        if !listeners.is_empty() {
            tag.set_listeners(listeners.into());
        }
        if !element.children.is_empty() {
            tag.add_children(self.nodes(&element.children));
        }
        tag
    }
}

impl From<VNode> for Hole {
    fn from(node: VNode) -> Self {
        Hole::Node(node)
    }
}

impl From<&str> for Hole {
    fn from(text: &str) -> Self {
        Hole::Text(AttrValue::Rc(text.into()))
    }
}

impl From<AttrValue> for Hole {
    fn from(text: AttrValue) -> Self {
        Hole::Text(text)
    }
}

impl From<String> for Hole {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Hole {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

/// Shared, not copied.
impl From<&Rc<str>> for Hole {
    fn from(text: &Rc<str>) -> Self {
        Hole::Text(AttrValue::Rc(text.clone()))
    }
}

impl From<bool> for Hole {
    fn from(flag: bool) -> Self {
        Hole::Flag(flag)
    }
}

impl From<Rc<dyn Listener>> for Hole {
    fn from(listener: Rc<dyn Listener>) -> Self {
        Hole::Listener(listener)
    }
}

impl From<NodeRef> for Hole {
    fn from(node: NodeRef) -> Self {
        Hole::Ref(node)
    }
}

impl From<Key> for Hole {
    fn from(key: Key) -> Self {
        Hole::Key(key)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => { $(
        impl From<$type> for Hole {
            fn from(number: $type) -> Self {
                number.to_string().into()
            }
        }
    )* };
}

numbers!(u16, u32, i32, u64, usize, char);

impl<T: Into<Hole>> From<Option<T>> for Hole {
    fn from(value: Option<T>) -> Self {
        value.map_or(Hole::None, T::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{classes, html, list};
    use yew::virtual_dom::{AttributeOrProperty, Attributes, VNode, VTag};

    fn tag(node: &VNode) -> &VTag {
        match node {
            VNode::VTag(tag) => tag,
            other => panic!("{other:?} is no element"),
        }
    }

    /// As HTML would be written, without escapes.
    fn written(node: &VNode) -> String {
        match node {
            VNode::VText(text) => text.text.to_string(),
            VNode::VList(nodes) => nodes.iter().map(written).collect(),
            VNode::VTag(tag) => {
                let mut all = format!("<{}", tag.tag());
                if let Attributes::Dynamic { keys, values } = &tag.attributes {
                    for (key, value) in keys.iter().zip(values) {
                        match value {
                            Some(AttributeOrProperty::Static(text)) => {
                                all.push_str(&format!(" {key}={text}"));
                            }
                            Some(AttributeOrProperty::Attribute(text)) => {
                                all.push_str(&format!(" {key}={text}"));
                            }
                            Some(AttributeOrProperty::Property(_)) | None => {}
                        }
                    }
                }
                let inner = tag.children().map(written).unwrap_or_default();
                format!("{all}>{inner}</{}>", tag.tag())
            }
            other => panic!("{other:?} is not written here"),
        }
    }

    #[test]
    fn elements_texts_and_values_stand_where_they_were_written() {
        let (class, count) = ("wide", 3);
        let item = |n: i32| html! { <li data-n={n.to_string()}>{ n }</li> };
        let node = html! {
            <section {class} aria-label="all of them" hidden={false} open={true} title={None::<&str>}>
                { "a\u{a0}b" }<br />{ count }
                if count > 2 { <b>{ "many" }</b>{ "!" } } else if count == 0 { { "none" } } else { <i /> }
                <ul>{ for (1..3).map(item) }</ul>
                <><em>{ "x" }</em>"y"</>
            </section>
        };
        assert_eq!(
            written(&node),
            "<section class=wide aria-label=all of them open=open>a\u{a0}b<br></br>3<b>many</b>!\
             <ul><li data-n=1>1</li><li data-n=2>2</li></ul><em>x</em>y</section>"
        );
        assert_eq!(written(&html! {}), "");
    }

    #[test]
    fn the_value_of_a_field_is_not_an_attribute() {
        let node = html! { <input type="range" value={"7"} key={5} /> };
        assert_eq!(written(&node), "<input type=range></input>");
        assert_eq!(tag(&node).value().map(|v| v.to_string()), Some("7".into()));
        assert_eq!(tag(&node).key, Some(5.into()));
    }

    #[test]
    fn lists_and_classes() {
        let node = list([html! { "a" }, html! { "b" }]);
        assert_eq!(written(&node), "ab");
        assert_eq!(classes("a", &[("b", true), ("c", false)]), "a b");
    }
}
