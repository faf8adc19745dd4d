//! The commands: tables, chains and where rules go.

use super::rules::{Tokens, rule};
use super::{Base, Chain, ChainType, Family, Hook, Ruleset, Table, Verdict};
use std::rc::Rc;

/// Runs commands, all or none.
///
/// # Errors
/// What is not understood, or what is not there.
pub fn run(rules: &mut Rc<Ruleset>, text: &str) -> Result<(), String> {
    let mut new = Ruleset::clone(rules);
    let mut tokens = Tokens::new(text);
    while let Some(word) = tokens.next_command() {
        match word.as_str() {
            "add" | "create" | "insert" => add(&mut new, &mut tokens, &word)?,
            "table" | "chain" | "rule" => {
                tokens.back();
                add(&mut new, &mut tokens, "add")?;
            }
            "flush" | "delete" | "destroy" => remove(&mut new, &mut tokens, &word)?,
            other => return Err(format!("nft: '{other}' is not supported")),
        }
        tokens.end()?;
    }
    *rules = Rc::new(new);
    Ok(())
}

fn family(tokens: &mut Tokens) -> Result<Family, String> {
    match tokens.peek() {
        Some("ip") => {
            tokens.word()?;
            Ok(Family::Ip)
        }
        Some("inet") => {
            tokens.word()?;
            Ok(Family::Inet)
        }
        Some("ip6" | "arp" | "bridge" | "netdev") => {
            Err("nft: only the families ip and inet are supported".into())
        }
        Some(_) | None => Ok(Family::Ip),
    }
}

fn table_of<'a>(
    rules: &'a mut Ruleset,
    family: Family,
    name: &str,
) -> Result<&'a mut Table, String> {
    let mut all = rules.tables.iter_mut();
    all.find(|t| t.family == family && t.name.as_ref() == name)
        .ok_or_else(|| format!("nft: no table '{name}'"))
}

fn chain_of<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Chain, String> {
    let mut all = table.chains.iter_mut();
    all.find(|c| c.name.as_ref() == name)
        .ok_or_else(|| format!("nft: no chain '{name}'"))
}

fn add(rules: &mut Ruleset, tokens: &mut Tokens, verb: &str) -> Result<(), String> {
    let what = tokens.word()?;
    let family = family(tokens)?;
    let name = tokens.word()?;
    match what.as_str() {
        "table" => {
            let is_there = table_of(rules, family, &name).is_ok();
            if is_there && verb == "create" {
                return Err(format!("nft: table '{name}' exists"));
            }
            if !is_there {
                rules.tables.push(Table {
                    family,
                    name: name.as_str().into(),
                    chains: Vec::new(),
                });
            }
            if tokens.take("{") {
                let table = table_of(rules, family, &name)?;
                table_body(table, tokens)?;
            }
            Ok(())
        }
        "chain" => {
            let table = table_of(rules, family, &name)?;
            let chain = tokens.word()?;
            add_chain(table, &chain, verb)?;
            if tokens.take("{") {
                chain_body(chain_of(table, &chain)?, tokens)?;
            }
            Ok(())
        }
        "rule" => {
            let chain = tokens.word()?;
            let chain = chain_of(table_of(rules, family, &name)?, &chain)?;
            let rule = rule(tokens)?;
            match verb {
                "insert" => chain.rules.insert(0, rule),
                _ => chain.rules.push(rule),
            }
            Ok(())
        }
        other => Err(format!("nft: '{verb} {other}' is not supported")),
    }
}

fn add_chain(table: &mut Table, name: &str, verb: &str) -> Result<(), String> {
    if chain_of(table, name).is_ok() {
        return match verb {
            "create" => Err(format!("nft: chain '{name}' exists")),
            _ => Ok(()),
        };
    }
    table.chains.push(Chain {
        name: name.into(),
        base: None,
        rules: Vec::new(),
    });
    Ok(())
}

fn table_body(table: &mut Table, tokens: &mut Tokens) -> Result<(), String> {
    while !tokens.take("}") {
        if tokens.take(";") {
            continue;
        }
        let word = tokens.word()?;
        if word != "chain" {
            return Err(format!("nft: '{word}' in a table is not supported"));
        }
        let name = tokens.word()?;
        add_chain(table, &name, "add")?;
        if !tokens.take("{") {
            return Err("nft: '{' expected".into());
        }
        chain_body(chain_of(table, &name)?, tokens)?;
    }
    Ok(())
}

fn chain_body(chain: &mut Chain, tokens: &mut Tokens) -> Result<(), String> {
    while !tokens.take("}") {
        if tokens.take(";") {
            continue;
        }
        match tokens.peek() {
            Some("type") => base(chain, tokens)?,
            Some("policy") => policy(chain, tokens)?,
            Some(_) => chain.rules.push(rule(tokens)?),
            None => return Err("nft: '}' expected".into()),
        }
    }
    Ok(())
}

/// `type nat hook prerouting priority -100`.
fn base(chain: &mut Chain, tokens: &mut Tokens) -> Result<(), String> {
    tokens.word()?;
    let chain_type = match tokens.word()?.as_str() {
        "nat" => ChainType::Nat,
        "filter" => ChainType::Filter,
        other => return Err(format!("nft: chains of type '{other}' are not supported")),
    };
    tokens.expect("hook")?;
    let hook = match tokens.word()?.as_str() {
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "output" => Hook::Output,
        "postrouting" => Hook::Postrouting,
        other => return Err(format!("nft: no hook '{other}'")),
    };
    if chain_type == ChainType::Nat && hook == Hook::Forward {
        return Err("nft: no nat in forward".into());
    }
    tokens.expect("priority")?;
    let priority = priority(tokens)?;
    chain.base = Some(Base {
        chain_type,
        hook,
        priority,
        policy: Verdict::Accept,
    });
    Ok(())
}

/// A number, or a name with an offset (nft(8), standard priorities).
fn priority(tokens: &mut Tokens) -> Result<i32, String> {
    let word = tokens.word()?;
    let named = match word.as_str() {
        "raw" => -300,
        "mangle" => -150,
        "dstnat" => -100,
        "filter" => 0,
        "security" => 50,
        "srcnat" => 100,
        number => {
            return number
                .parse()
                .map_err(|_| format!("nft: no priority '{number}'"));
        }
    };
    let sign = match tokens.peek() {
        Some("+") => 1,
        Some("-") => -1,
        Some(_) | None => return Ok(named),
    };
    tokens.word()?;
    let offset: i32 = tokens
        .word()?
        .parse()
        .map_err(|_| "nft: an offset is a number".to_string())?;
    Ok(offset.saturating_mul(sign).saturating_add(named))
}

fn policy(chain: &mut Chain, tokens: &mut Tokens) -> Result<(), String> {
    tokens.word()?;
    let policy = match tokens.word()?.as_str() {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        other => return Err(format!("nft: no policy '{other}'")),
    };
    let base = chain.base.as_mut().ok_or("nft: a policy needs a hook")?;
    base.policy = policy;
    Ok(())
}

fn remove(rules: &mut Ruleset, tokens: &mut Tokens, verb: &str) -> Result<(), String> {
    let what = tokens.word()?;
    if (verb, what.as_str()) == ("flush", "ruleset") {
        rules.tables.clear();
        return Ok(());
    }
    let family = family(tokens)?;
    let name = tokens.word()?;
    let is_there = table_of(rules, family, &name).is_ok();
    if verb == "destroy" && !is_there {
        return Ok(());
    }
    let table = table_of(rules, family, &name)?;
    match (verb, what.as_str()) {
        ("flush", "table") => table.chains.iter_mut().for_each(|c| c.rules.clear()),
        ("delete" | "destroy", "table") => {
            let is_it = |t: &Table| t.family == family && t.name.as_ref() == name;
            rules.tables.retain(|t| !is_it(t));
        }
        ("flush", "chain") => chain_of(table, &tokens.word()?)?.rules.clear(),
        ("delete" | "destroy", "chain") => {
            let chain = tokens.word()?;
            if verb == "delete" {
                chain_of(table, &chain)?;
            }
            table.chains.retain(|c| c.name.as_ref() != chain);
        }
        (verb, what) => return Err(format!("nft: '{verb} {what}' is not supported")),
    }
    Ok(())
}
