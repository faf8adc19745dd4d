//! System V shared memory and messages.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::json;

pub fn ipc(w: &mut Walk) -> Taken {
    let Some(a) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let at = w.world.find(&a)?;
    let regions: Vec<String> = w.world.actors[at].regions.keys().cloned().collect();
    let region = w.one_of(&regions);
    let labels = w.labels.get(&a).cloned().unwrap_or_default();
    let of_kind = |kind: char| {
        labels
            .iter()
            .filter(|label| label.starts_with(kind))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (segment, queue) = (w.one_of(&of_kind('s')), w.one_of(&of_kind('q')));
    let share = w.random.percent();
    let r = &mut w.random;
    let simple = match share {
        0..10 => {
            let flags = r.pick(&[None, None, Some("NEWIPC"), Some("NEWUSER,NEWIPC")]);
            return w.fork(&a, flags);
        }
        10..30 => {
            w.regions_made += 1;
            let (op, kind) = w
                .random
                .pick(&[("shmget", 's'), ("shmget", 's'), ("msgget", 'q')]);
            let label = format!("{kind}{}", w.regions_made);
            let r = &mut w.random;
            let mut params = json!({"as": label, "key": r.pick(&[0, 5, 5, 6, 7])});
            if r.is_within(75) {
                params["create"] = 1.into();
            }
            if r.is_within(15) {
                params["excl"] = 1.into();
            }
            if kind == 's' {
                params["n"] = r.pick(&[0, 1, 1, 2, 3]).into();
            }
            let out = w.act_for(&a, op, params)?;
            if out.get("ret").is_some() {
                w.labels.entry(a).or_default().push(label);
            }
            return Ok(());
        }
        30..36 => Some((
            "unshare",
            json!({"flags": r.pick(&["NEWIPC", "NEWUSER", "NEWUSER,NEWIPC"])}),
        )),
        36..39 => Some(("setuid", json!({"uid": r.pick(&[0, 1000])}))),
        39..42 => Some(("exit", json!({}))),
        42..44 => {
            w.labels.remove(&a);
            Some(("exec", json!({})))
        }
        44..46 => Some(("wait", json!({"nohang": 1}))),
        48..50 => Some((
            "capdrop",
            json!({"set": "e", "caps": r.pick(&["IPC_OWNER", "SYS_ADMIN", "IPC_OWNER,SYS_ADMIN"])}),
        )),
        _ => None,
    };
    if let Some((op, params)) = simple {
        return w.act(&a, op, params);
    }
    if let Some(label) = &segment {
        let number = w.regions_made;
        match share {
            50..60 => {
                w.regions_made += 1;
                let mut params = json!({"id": label, "r": format!("m{number}")});
                if w.random.is_within(25) {
                    params["ro"] = 1.into();
                }
                return w.act(&a, "shmat", params);
            }
            60..66 => return w.act(&a, "shmstat", json!({"id": label})),
            66..70 => return w.act(&a, "shmrm", json!({"id": label})),
            _ => {}
        }
    }
    if let Some(region) = &region {
        let r = &mut w.random;
        let (value, protection) = (r.between(1, 99), r.pick(&["r", "rw", "none"]));
        match share {
            70..74 => return w.act(&a, "shmdt", json!({"r": region})),
            74..78 => return w.act(&a, "poke", json!({"r": region, "val": value})),
            78..83 => return w.act(&a, "peek", json!({"r": region})),
            83..84 => return w.act(&a, "munmap", json!({"r": region})),
            84..85 => return w.act(&a, "mprotect", json!({"r": region, "prot": protection})),
            85..87 => return w.act("ctl", "pages", json!({"of": format!("{a}.{region}")})),
            _ => {}
        }
    }
    if let Some(label) = &queue {
        let text = w.random.pick(&["one", "two", "three"]);
        return match share {
            87..94 => w.act(&a, "msgsnd", json!({"id": label, "data": text})),
            94..98 => w.act(&a, "msgrcv", json!({"id": label, "nowait": 1})),
            98..100 => w.act(&a, "msgrcv", json!({"id": label})),
            _ => Ok(()),
        };
    }
    Ok(())
}
