//! System V shared memory and message queues.

use super::Agent;
use super::memory::PAGE;
use super::sys::{Answer, Failure, last_error, lossy, nothing, sys};
use conformance::case::Params;
use libc::{c_int, c_void};
use serde_json::json;
use std::mem::zeroed;
use std::ptr::{null, null_mut};

/// Longest message that is received.
const TEXT_BYTES: usize = 4096;
/// The type that goes before a message's text.
const TYPE_BYTES: usize = 8;

pub fn run(agent: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "shmget" => {
            let bytes = p.number_or("n", 1)? as usize * PAGE;
            let id = sys!(shmget(p.int("key")?, bytes, flags(p)?))?;
            keep(agent, p, id)
        }
        "shmat" => {
            let flags = if p.flag("ro")? { libc::SHM_RDONLY } else { 0 };
            let id = object(agent, p)?;
            // SAFETY: The kernel chooses where nothing is.
            let addr = unsafe { libc::shmat(id, null(), flags) };
            if addr as isize == -1 {
                return Err(last_error());
            }
            let bytes = p.number_or("n", 1)? as usize * PAGE;
            agent.keep_region(p, addr as usize, bytes)
        }
        "shmdt" => {
            let addr = agent.region(p, "r")?.addr as *const c_void;
            sys!(shmdt(addr)).map(nothing)
        }
        "shmrm" => sys!(shmctl(object(agent, p)?, IPC_RMID, null_mut())).map(nothing),
        "shmstat" => {
            // SAFETY: A shmid_ds is numbers.
            let mut status: libc::shmid_ds = unsafe { zeroed() };
            sys!(shmctl(object(agent, p)?, IPC_STAT, &mut status))?;
            Ok(json!({"nattch": status.shm_nattch, "size": status.shm_segsz}))
        }
        "msgget" => {
            let id = sys!(msgget(p.int("key")?, flags(p)?))?;
            keep(agent, p, id)
        }
        "msgsnd" => {
            let text = p.text("data")?;
            let mut message = 1u64.to_ne_bytes().to_vec();
            message.extend_from_slice(text.as_bytes());
            let (id, bytes) = (object(agent, p)?, message.as_ptr().cast());
            sys!(msgsnd(id, bytes, text.len(), IPC_NOWAIT)).map(nothing)
        }
        "msgrcv" => {
            let mut message = vec![0u8; TYPE_BYTES + TEXT_BYTES];
            let flags = if p.flag("nowait")? {
                libc::IPC_NOWAIT
            } else {
                0
            };
            let (id, bytes) = (object(agent, p)?, message.as_mut_ptr().cast());
            let count = sys!(msgrcv(id, bytes, TEXT_BYTES, 0, flags))? as usize;
            Ok(lossy(&message[TYPE_BYTES..TYPE_BYTES + count]).into())
        }
        _ => Err(Failure::NotMine),
    }
}

fn flags(p: &Params) -> Result<c_int, Failure> {
    let mut flags = 0o600;
    if p.flag("create")? {
        flags |= libc::IPC_CREAT;
    }
    if p.flag("excl")? {
        flags |= libc::IPC_EXCL;
    }
    Ok(flags)
}

fn keep(agent: &mut Agent, p: &Params, id: i64) -> Answer {
    agent.objects.push((p.text("as")?, id as c_int));
    Ok(0.into())
}

fn object(agent: &Agent, p: &Params) -> Result<c_int, Failure> {
    let label = p.text("id")?;
    let found = agent
        .objects
        .iter()
        .rev()
        .find(|(known, _)| *known == label);
    found
        .map(|(_, id)| *id)
        .ok_or_else(|| Failure::Case(format!("no System V object '{label}'")))
}
