//! Mappings of every kind: files, System V segments, parts put over others, what forks leave out.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::{Value, json};

pub fn pages(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        w.act(
            "init",
            "open",
            json!({"path": "/tmp/f", "flags": "rw,creat"}),
        )?;
        w.act("init", "ftruncate", json!({"fd": 3, "size": 4096}))?;
        w.act("init", "open", json!({"path": "/tmp/f", "flags": "r"}))?;
    }
    let Some(a) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let at = w.world.find(&a)?;
    let regions: Vec<String> = w.world.actors[at].regions.keys().cloned().collect();
    let share = w.random.percent();
    if share < 17 || regions.is_empty() {
        return map(w, &a);
    }
    let region = w.one_of(&regions).unwrap_or_default();
    let (_, bytes) = w.world.actors[at].regions[&region];
    let all = bytes / crate::world::PAGE;
    let first = w.random.between(0, all);
    let count = w.random.between(1, all - first + 1);
    let r = &mut w.random;
    let mut params = json!({"r": region, "page": first, "n": count});
    let op = match share {
        17..45 => {
            let writes = r.is_within(60);
            let needed = if writes { 'w' } else { 'r' };
            let is_daring = r.is_within(4);
            let name = format!("{a}.{region}");
            if !is_daring && !super::all_allow(w, &name, first..first + count, needed)? {
                return Ok(());
            }
            if writes {
                params["val"] = w.random.between(1, 100).into();
                "poke"
            } else {
                "peek"
            }
        }
        45..54 => return w.fork(&a, None),
        54..57 => {
            let op = r.pick(&["exit", "exec"]);
            return w.act(&a, op, json!({}));
        }
        57..66 => {
            params["prot"] = r.pick(&["r", "rw", "none", "rx", "w", "x", "rwx"]).into();
            "mprotect"
        }
        66..70 => "munmap",
        70..79 => {
            let advice = r.pick(&["DONTNEED", "DONTNEED", "DONTFORK", "WIPEONFORK"]);
            params["adv"] = advice.into();
            "madvise"
        }
        79..83 => {
            params = json!({"fixed": region, "page": first, "n": count});
            params["prot"] = r.pick(&["rw", "rw", "r", "none"]).into();
            if r.is_within(30) {
                params["share"] = "shared".into();
            }
            "mmap"
        }
        83..85 => {
            let size = r.pick(&[0, 100, 4096, 4096]);
            return w.act("init", "ftruncate", json!({"fd": 3, "size": size}));
        }
        85..87 => {
            let op = r.pick(&["shmdt", "munmap"]);
            return w.act(&a, op, json!({"r": region}));
        }
        87..96 => {
            let mut which = vec![];
            for name in w.live() {
                let at = w.world.find(&name)?;
                if w.world.actors[at].regions.contains_key(&region) {
                    which.push(format!("{name}.{region}"));
                }
            }
            return w.act("ctl", "pages", json!({"of": which.join(",")}));
        }
        96..98 => return w.act("ctl", "rss", json!({"of": format!("{a}.{region}")})),
        _ => return w.act("ctl", "vmas", json!({"of": format!("{a}.{region}")})),
    };
    w.act(&a, op, params)
}

fn map(w: &mut Walk, a: &str) -> Taken {
    w.regions_made += 1;
    let number = w.regions_made;
    let label = format!("m{number}");
    let r = &mut w.random;
    let mut params = json!({"r": label, "prot": r.pick(&["rw", "rw", "rw", "r", "none", "rwx"])});
    match r.percent() {
        0..45 => params["n"] = r.between(1, 6).into(),
        45..60 => {
            params["n"] = r.between(1, 4).into();
            params["share"] = "shared".into();
        }
        60..85 => {
            // One page: the result must not depend on what else the kernel maps around a fault.
            params["n"] = 1.into();
            params["fd"] = r.pick(&[3, 3, 4]).into();
            params["share"] = r.pick(&["shared", "private"]).into();
        }
        _ => {
            let pages = r.between(1, 3);
            let made = json!({"as": label, "key": 0, "create": 1, "n": pages});
            let out = w.act_for(a, "shmget", made)?;
            if out.get("ret").is_none() {
                return Ok(());
            }
            let mut attach = json!({"id": label, "r": label, "n": pages});
            if w.random.is_within(20) {
                attach["ro"] = 1.into();
            }
            w.act(a, "shmat", attach)?;
            if w.random.is_within(40) {
                w.act(a, "shmrm", json!({"id": label}))?;
            }
            return Ok(());
        }
    }
    if r.is_within(15) {
        params["populate"] = Value::from(1);
    }
    w.act(a, "mmap", params)
}
