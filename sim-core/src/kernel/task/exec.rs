//! execve(2).

use super::{DidExec, Regs};
use crate::event::Event;
use crate::hw::{Load, PAGE_BYTES};
use crate::kernel::cred;
use crate::kernel::fs::{self, ExecFile};
use crate::kernel::mm::{self, MmId, TEXT_START};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{AtFlags, SigAct, Str, done};
use crate::kernel::{BlockReason, Ctx, Errno, Signal, SysResult, UserNotice};
use std::rc::Rc;

/// Bytes that arguments may take (ARG_MAX, a quarter of the stack on Linux; less here).
const ARGUMENT_BYTES: usize = 128 * 1024;

/// execve(2). The environment is not modelled.
///
/// # Errors
/// Those of the path walk, EACCES for what is not an executable file, ENOEXEC for what is not a
/// program, E2BIG, ENOMEM. After an error the old program goes on.
pub fn sys_execve(cx: &mut Ctx<'_>, path: Str, argv: Rc<[Str]>) -> SysResult {
    cred::may_exec(cx)?;
    check_arguments(&cx.why, &argv)?;
    let (file, argv) = find_program(cx, &path, argv)?;
    exec(cx, &path, argv, &file)
}

/// Interpreters of interpreters that exec_binprm follows.
const MAX_INTERPRETERS: u32 = 5;

/// The program that is to run: the file itself, or the interpreter of a script, which gets the
/// script's path as an argument.
fn find_program(
    cx: &mut Ctx<'_>,
    path: &Str,
    argv: Rc<[Str]>,
) -> Result<(ExecFile, Rc<[Str]>), Errno> {
    let (mut at, mut argv) = (path.clone(), argv);
    for _ in 0..=MAX_INTERPRETERS {
        match fs::open_exec(cx, &at) {
            Err(Errno::ENOEXEC) => {}
            found => return found.map(|file| (file, argv)),
        }
        let interpreter = fs::interpreter(cx, &at)?;
        let first = [interpreter.path.clone()].into_iter();
        let first = first.chain(interpreter.argument).chain([at]);
        argv = first.chain(argv.iter().skip(1).cloned()).collect();
        at = interpreter.path;
    }
    Err(refuse!(cx.why, ExecInterpreters))
}

/// execveat(2) with AT_EMPTY_PATH and an empty path: the program that a descriptor refers to.
/// Other uses are not modelled.
///
/// # Errors
/// EBADF, ENOENT without AT_EMPTY_PATH, and those of [`sys_execve`].
pub fn sys_execveat(cx: &mut Ctx<'_>, fd: i32, argv: Rc<[Str]>, flags: AtFlags) -> SysResult {
    forbid!(cx.why, ExecveatFlags, flags.0, if flags != AtFlags::EMPTY_PATH)?;
    cred::may_exec(cx)?;
    check_arguments(&cx.why, &argv)?;
    let file = fs::exec_of_fd(cx, fd)?;
    let path = argv.first().cloned().unwrap_or_default();
    exec(cx, &path, argv, &file)
}

fn argument_bytes(argv: &[Str]) -> usize {
    argv.iter().map(|arg| arg.len() + 1).sum()
}

fn check_arguments(why: &Why, argv: &[Str]) -> Result<(), Errno> {
    forbid!(why, ArgumentBytes, argument_bytes(argv) => ARGUMENT_BYTES, if argument_bytes(argv) > ARGUMENT_BYTES)?;
    Ok(())
}

fn exec(cx: &mut Ctx<'_>, path: &str, argv: Rc<[Str]>, file: &ExecFile) -> SysResult {
    let space = mm::new_space(cx, Default::default())?;
    let old = cx.me()?.mm;
    let start = match lay_out(cx, space, file, &argv) {
        Ok(start) => start,
        Err(errno) => {
            mm::release(cx, space);
            return Err(errno);
        }
    };
    cx.me_mut()?.mm = Some(space);
    cx.load_space();
    // The point of no return: the old memory goes.
    if let Some(old) = old {
        mm::release(cx, old);
    }
    finish(cx, path, argv, file, start)?;
    // Too late for an errno (bprm_execve).
    if !mm::is_within_limits(cx, space) {
        refuse!(cx.why, AddressSpaceLimit);
        let task = cx.task;
        cx.force_fatal_signal(task, Signal::SIGSEGV);
    }
    done(0)
}

/// Makes the first task become the program behind a descriptor, at boot.
pub fn load_descriptor(cx: &mut Ctx<'_>, fd: i32, name: &str) -> Result<(), Errno> {
    sys_execveat(cx, fd, [Str::from(name)].into(), AtFlags::EMPTY_PATH).map(|_| ())
}

/// Makes the first task become a program, at boot.
pub fn load_program(cx: &mut Ctx<'_>, path: &str) -> Result<(), Errno> {
    sys_execve(cx, path.into(), [Str::from(path)].into()).map(|_| ())
}

/// Where a fresh program begins, and one past the top of its stack.
#[derive(Clone, Copy, Debug)]
struct Start {
    entry: u64,
    stack_top: u64,
}

/// Text from the file, data, heap and stack: nothing has a frame before it is touched. Without an
/// MMU everything has, from the beginning.
fn lay_out(cx: &mut Ctx<'_>, space: MmId, file: &ExecFile, argv: &[Str]) -> Result<Start, Errno> {
    let page = PAGE_BYTES as u64;
    if let Load::Physical {
        addr,
        heap_pages,
        stack_pages,
    } = file.load
    {
        // Nothing would keep them from what lies below the stack.
        forbid!(cx.why, ArgumentBytes, argument_bytes(argv) => stack_pages, if argument_bytes(argv) as u64 > u64::from(stack_pages) * page / 2)?;
        let place = mm::Place {
            first: addr / page,
            heap_pages: heap_pages.into(),
            stack_pages: stack_pages.into(),
        };
        let end = mm::load(cx, space, file, place)?;
        return Ok(Start {
            entry: addr,
            stack_top: end * page,
        });
    }
    let text = TEXT_START / page;
    let data = text + u64::from(file.text_pages);
    let heap = data + u64::from(file.data_pages);
    mm::map_program(cx, space, file.inode, text, data, heap)?;
    Ok(Start {
        entry: TEXT_START,
        stack_top: mm::STACK_TOP,
    })
}

fn finish(
    cx: &mut Ctx<'_>,
    path: &str,
    argv: Rc<[Str]>,
    file: &ExecFile,
    start: Start,
) -> Result<(), Errno> {
    crate::kernel::ns::enter_at_exec(cx)?;
    fs::close_on_exec(cx);
    cred::exec_creds(cx, file.set_id)?;
    let id = cx.task;
    let name = path.rsplit('/').next().unwrap_or(path);
    // TASK_COMM_LEN: 15 bytes, cut at a character.
    let mut end = name.len().min(15);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let task = cx.me_mut()?;
    task.comm = name.get(..end).unwrap_or(name).into();
    task.argv = argv.clone();
    task.program = file.program;
    task.exe = Some(file.inode);
    task.did_exec = DidExec::Yes;
    task.reply = crate::kernel::Reply::None;
    // Handlers are gone with the old program; what was ignored stays so (execve(2)).
    for action in Rc::make_mut(&mut task.signals.actions).iter_mut() {
        if action.is_handler() {
            *action = SigAct::Default;
        }
    }
    task.signals.child_flags = Default::default();
    // The new program's end is an ordinary one (begin_new_exec).
    task.exit_signal = Signal::SIGCHLD.nr();
    task.regs = Regs {
        ip: start.entry,
        sp: start.stack_top - 16,
        ..Regs::default()
    };
    if let Some(parent) = task.vfork_parent.take() {
        cx.wake_if(parent, |reason| reason == BlockReason::Vfork(id));
    }
    put_arguments(cx, &argv, start.stack_top);
    cx.k.notices.push(UserNotice::Execed { task: id });
    cx.emit(Event::Exec {
        task: id,
        path: path.into(),
    });
    Ok(())
}

/// The argument strings lie at the top of the stack, as on Linux. If there is no frame for
/// them, the first step that needs the stack will see to it.
fn put_arguments(cx: &mut Ctx<'_>, argv: &[Str], stack_top: u64) {
    let mut strings = Vec::new();
    for arg in argv {
        strings.extend_from_slice(arg.as_bytes());
        strings.push(0);
    }
    let at = (stack_top - 16).saturating_sub(strings.len() as u64) & !15;
    if cx.copy_to_user(at, &strings).is_ok()
        && let Ok(task) = cx.me_mut()
    {
        task.regs.sp = at;
    }
}
