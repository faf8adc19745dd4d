//! Reading a rule.

use super::{
    Action, Field, Match, Reject, Rule, STATE_ESTABLISHED, STATE_INVALID, STATE_NEW, STATE_RELATED,
    Sense, TYPE_LOCAL, Values,
};
use crate::kernel::net::device::mask_of;
use crate::kernel::net::packet;
use crate::kernel::syscall::Str;
use std::net::Ipv4Addr;

/// The words and signs of a text.
pub(super) struct Tokens {
    words: Vec<String>,
    at: usize,
}

impl Tokens {
    pub fn new(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut word = String::new();
        let mut is_quoted = false;
        for c in text.chars() {
            match c {
                '"' => is_quoted = !is_quoted,
                _ if is_quoted => word.push(c),
                '{' | '}' | ';' | ',' | '\n' => {
                    words.push(std::mem::take(&mut word));
                    words.push(if c == '\n' { ';' } else { c }.to_string());
                }
                _ if c.is_whitespace() => words.push(std::mem::take(&mut word)),
                _ => word.push(c),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        Self { words, at: 0 }
    }

    pub fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    pub fn word(&mut self) -> Result<String, String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word.ok_or_else(|| "nft: unexpected end".to_string())
    }

    pub fn take(&mut self, sign: &str) -> bool {
        let is_it = self.peek() == Some(sign);
        self.at += usize::from(is_it);
        is_it
    }

    pub fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let word = self.word()?;
        match word == wanted {
            true => Ok(()),
            false => Err(format!("nft: '{wanted}' expected, not '{word}'")),
        }
    }

    /// The first word of the next command.
    pub fn next_command(&mut self) -> Option<String> {
        while self.take(";") {}
        let word = self.peek()?.to_string();
        self.at += 1;
        Some(word)
    }

    /// A command ends here.
    pub fn end(&mut self) -> Result<(), String> {
        match self.peek() {
            None | Some(";") => Ok(()),
            Some(other) => Err(format!("nft: unexpected '{other}'")),
        }
    }

    fn is_rule_end(&self) -> bool {
        matches!(self.peek(), None | Some(";" | "}"))
    }
}

pub(super) fn rule(tokens: &mut Tokens) -> Result<Rule, String> {
    let mut rule = Rule {
        matches: Vec::new(),
        action: None,
    };
    while !tokens.is_rule_end() {
        if rule.action.is_some() && tokens.peek() != Some("comment") {
            return Err("nft: a verdict ends its rule".into());
        }
        let word = tokens.word()?;
        match word.as_str() {
            "counter" => {}
            "comment" => {
                tokens.word()?;
            }
            // What is logged does not show anywhere.
            "log" => {
                if tokens.take("prefix") {
                    tokens.word()?;
                }
            }
            "accept" => rule.action = Some(Action::Accept),
            "drop" => rule.action = Some(Action::Drop),
            "reject" => rule.action = Some(Action::Reject(reject(tokens)?)),
            "return" => rule.action = Some(Action::Return),
            "jump" => rule.action = Some(Action::Jump(tokens.word()?.as_str().into())),
            "goto" => rule.action = Some(Action::Goto(tokens.word()?.as_str().into())),
            "masquerade" => rule.action = Some(Action::Masquerade),
            "redirect" => rule.action = Some(redirect(tokens)?),
            "dnat" => {
                let (addr, port) = target(tokens)?;
                rule.action = Some(Action::Dnat { addr, port });
            }
            "snat" => {
                let (addr, port) = target(tokens)?;
                rule.action = Some(Action::Snat { addr, port });
            }
            first => {
                let of = field(first, tokens)?;
                rule.matches.push(read_match(of, tokens)?);
            }
        }
    }
    Ok(rule)
}

/// `with tcp reset`, `with icmp host-unreachable`, also `with icmpx type no-route`.
fn reject(tokens: &mut Tokens) -> Result<Reject, String> {
    if !tokens.take("with") {
        return Ok(Reject::Icmp(packet::PORT_UNREACH));
    }
    match tokens.word()?.as_str() {
        "tcp" => {
            tokens.expect("reset")?;
            return Ok(Reject::TcpReset);
        }
        "icmp" | "icmpx" => {
            tokens.take("type");
        }
        other => return Err(format!("nft: 'reject with {other}' is not supported")),
    }
    Ok(Reject::Icmp(match tokens.word()?.as_str() {
        "net-unreachable" | "no-route" => packet::NET_UNREACH,
        "host-unreachable" => packet::HOST_UNREACH,
        "prot-unreachable" => packet::PROT_UNREACH,
        "port-unreachable" => packet::PORT_UNREACH,
        "net-prohibited" => packet::NET_PROHIBITED,
        "host-prohibited" => packet::HOST_PROHIBITED,
        "admin-prohibited" => packet::ADMIN_PROHIBITED,
        other => return Err(format!("nft: no code '{other}'")),
    }))
}

/// `to 10.0.0.2:80`, also `ip to 10.0.0.2`.
fn target(tokens: &mut Tokens) -> Result<(Option<Ipv4Addr>, Option<u16>), String> {
    tokens.take("ip");
    tokens.expect("to")?;
    let word = tokens.word()?;
    let (addr, port) = match word.split_once(':') {
        Some((addr, port)) => (addr, Some(number(port)?)),
        None => (word.as_str(), None),
    };
    let addr = match addr {
        "" => None,
        text => Some(address(text)?),
    };
    Ok((addr, port))
}

fn redirect(tokens: &mut Tokens) -> Result<Action, String> {
    let port = match tokens.take("to") {
        true => Some(number(tokens.word()?.trim_start_matches(':'))?),
        false => None,
    };
    Ok(Action::Redirect { port })
}

fn number(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("nft: no number '{text}'"))
}

fn address(text: &str) -> Result<Ipv4Addr, String> {
    text.parse()
        .map_err(|_| format!("nft: no address '{text}'"))
}

fn field(first: &str, tokens: &mut Tokens) -> Result<Field, String> {
    let second = match first {
        "iif" | "iifname" => return Ok(Field::InputName),
        "oif" | "oifname" => return Ok(Field::OutputName),
        _ => tokens.word()?,
    };
    let field = match (first, second.as_str()) {
        ("ip", "saddr") => Field::SourceAddr,
        ("ip", "daddr") => Field::DestAddr,
        ("ip", "protocol") | ("meta", "l4proto") => Field::Protocol,
        ("meta", "iif" | "iifname") => Field::InputName,
        ("meta", "oif" | "oifname") => Field::OutputName,
        ("tcp", "sport") => Field::TcpSport,
        ("tcp", "dport") => Field::TcpDport,
        ("udp", "sport") => Field::UdpSport,
        ("udp", "dport") => Field::UdpDport,
        ("icmp", "type") => Field::IcmpType,
        ("ct", "state") => Field::CtState,
        ("fib", "daddr") => {
            tokens.expect("type")?;
            Field::FibDestType
        }
        _ => return Err(format!("nft: '{first} {second}' is not supported")),
    };
    Ok(field)
}

fn read_match(of: Field, tokens: &mut Tokens) -> Result<Match, String> {
    let sense = match tokens.take("!=") {
        true => Sense::IsNot,
        false => Sense::Is,
    };
    tokens.take("==");
    let mut words = Vec::new();
    let is_set = tokens.take("{");
    loop {
        words.push(tokens.word()?);
        if !tokens.take(",") || tokens.peek() == Some("}") {
            break;
        }
    }
    if is_set {
        tokens.expect("}")?;
    }
    let values = match of {
        Field::InputName | Field::OutputName => {
            Values::Names(words.iter().map(|w| Str::from(w.as_str())).collect())
        }
        _ => {
            let ranges: Result<_, String> = words.iter().map(|w| range(of, w)).collect();
            Values::Ranges(ranges?)
        }
    };
    Ok(Match { of, sense, values })
}

fn range(of: Field, word: &str) -> Result<(u32, u32), String> {
    let one = |number: u32| Ok((number, number));
    match of {
        Field::SourceAddr | Field::DestAddr => addresses(word),
        Field::Protocol => one(match word {
            "icmp" => 1,
            "tcp" => 6,
            "udp" => 17,
            other => u32::from(number(other)?),
        }),
        Field::IcmpType => one(match word {
            "echo-reply" => 0,
            "destination-unreachable" => 3,
            "echo-request" => 8,
            "time-exceeded" => 11,
            other => u32::from(number(other)?),
        }),
        Field::CtState => one(match word {
            "new" => STATE_NEW,
            "established" => STATE_ESTABLISHED,
            "related" => STATE_RELATED,
            "invalid" => STATE_INVALID,
            other => return Err(format!("nft: no state '{other}'")),
        }),
        Field::FibDestType => match word {
            "local" => one(TYPE_LOCAL),
            other => Err(format!("nft: type '{other}' is not supported")),
        },
        Field::TcpSport | Field::TcpDport | Field::UdpSport | Field::UdpDport => {
            let (from, to) = word.split_once('-').unwrap_or((word, word));
            Ok((u32::from(number(from)?), u32::from(number(to)?)))
        }
        Field::InputName | Field::OutputName => Err("nft: a name is no number".into()),
    }
}

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`.
fn addresses(word: &str) -> Result<(u32, u32), String> {
    if let Some((from, to)) = word.split_once('-') {
        return Ok((address(from)?.to_bits(), address(to)?.to_bits()));
    }
    let (addr, len) = match word.split_once('/') {
        Some((addr, len)) => (addr, number(len)?),
        None => (word, 32),
    };
    let len = u8::try_from(len).ok().filter(|len| *len <= 32);
    let mask = mask_of(len.ok_or_else(|| format!("nft: no prefix '{word}'"))?);
    let network = address(addr)?.to_bits() & mask;
    Ok((network, network | !mask))
}
