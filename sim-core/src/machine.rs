//! The machine: hardware, kernel and programs as one value. A command goes in, events come out.

mod ask;
mod footprint;
mod forced;
mod glide;
mod groups;
mod programs;
mod run;
mod stride;

pub use run::Stop;

use crate::command::Command;
use crate::event::{Event, Record, Refusal, Sink};
use crate::hw::cost::Costs;
use crate::hw::{CpuId, Disk, Hardware, Mmu};
use crate::kernel::boot::World;
use crate::kernel::{self, FrameOrder, Kernel};
use crate::store::digest_of;
use programs::Programs;
use std::rc::Rc;

/// Pages of the usual swap area: half of the usual RAM.
pub const SWAP_FRAMES: u64 = 256;
/// Pages of the largest: 256 MiB.
pub const SWAP_FRAMES_MAX: u64 = 1 << 16;

/// What is decided before power-on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BootOptions {
    /// 1 to 64.
    pub cpus: u8,
    /// Frames of 4 KiB: 256 (1 MiB) to 6,291,456 (24 GiB).
    pub ram_frames: u64,
    pub seed: u64,
    /// Does not matter without an MMU: frames are then given out from the lowest on.
    pub frame_order: FrameOrder,
    pub costs: Costs,
    /// Pages of the disk's swap area, 0 to 65,536; the bare world has none.
    pub swap_frames: u64,
    pub world: World,
    pub mmu: Mmu,
}

impl Default for BootOptions {
    fn default() -> Self {
        Self {
            cpus: 2,
            ram_frames: 512,
            seed: 1,
            frame_order: FrameOrder::Shuffled,
            costs: Costs::default(),
            swap_frames: SWAP_FRAMES,
            world: World::Lab,
            mmu: Mmu::Paging,
        }
    }
}

/// The whole computer. Plain data: clone it to keep it, hash it to compare it.
#[derive(Clone, Debug, Hash)]
pub struct Machine {
    pub(crate) hw: Hardware,
    pub(crate) kernel: Kernel,
    pub(crate) programs: Programs,
    now_ns: u64,
    ticks: u64,
}

impl Machine {
    /// Powers on: the kernel is loaded, and its first task is about to run `/sbin/init`.
    pub fn boot(options: &BootOptions) -> Self {
        let disk: Rc<Disk> = Rc::new(match options.world {
            World::Lab => crate::user::disk(options.mmu),
            World::Bare => crate::user::bare_disk(options.mmu),
        });
        let mut hw = Hardware::new(options.cpus, options.mmu, options.ram_frames, disk);
        let mut kernel = kernel::boot::boot(
            &mut hw,
            options.world,
            options.costs,
            options.frame_order,
            options.seed,
        );
        // Without an MMU nothing can be taken away from a program.
        let swap_frames = match (options.world, options.mmu) {
            (World::Lab, Mmu::Paging) => options.swap_frames.min(SWAP_FRAMES_MAX),
            (World::Bare, _) | (_, Mmu::None) => 0,
        };
        hw.swap = crate::hw::Ram::new(swap_frames);
        kernel.mm.swap = kernel::mm::Swap::new(swap_frames, hw.ram.frames());
        Self {
            hw,
            kernel,
            programs: Programs::default(),
            now_ns: 0,
            ticks: 0,
        }
    }

    /// Simulated nanoseconds since boot.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Ticks since boot.
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Whether addresses of programs are translated.
    pub fn mmu(&self) -> Mmu {
        self.hw.mmu
    }

    /// Frames of RAM.
    pub fn ram_frames(&self) -> u64 {
        self.hw.ram.frames()
    }

    /// The invariant that broke, if one did. Nothing moves any more.
    pub fn halted(&self) -> Option<&str> {
        self.kernel.panic.as_deref()
    }

    /// The same on every platform, for the same boot options and commands.
    pub fn digest(&self) -> u64 {
        digest_of(self)
    }

    /// Recounts what is kept up to date as things happen. The error names the invariant.
    pub fn check_invariants(&self) -> Result<(), String> {
        kernel::invariants::check(&self.kernel, &self.hw)
    }

    /// Runs commands of nft(8) in the network namespace of a task, from outside.
    ///
    /// # Errors
    /// No such task, or commands that are not understood.
    pub fn nft(&mut self, task: u64, commands: &str) -> Result<(), String> {
        kernel::net::nft_outside(&mut self.kernel, task, commands)
    }

    /// Applies a command. Total: what cannot be done is an event that says why.
    pub fn apply(&mut self, command: &Command, sink: &mut Sink) -> Stop {
        if self.kernel.panic.is_some() {
            self.emit(
                sink,
                Event::Refused {
                    why: Refusal::Halted,
                },
            );
            return Stop::Halted;
        }
        match command {
            Command::Input { tty, text } => match self.hw.terminals.press(*tty, text.as_bytes()) {
                None => self.emit(
                    sink,
                    Event::Refused {
                        why: Refusal::NoSuchTerminal,
                    },
                ),
                Some(bytes) => {
                    self.hw.cpu_mut(CpuId(0)).irq_pending = true;
                    self.emit(
                        sink,
                        Event::TtyInput {
                            tty: *tty,
                            bytes: bytes as u32,
                        },
                    );
                }
            },
            Command::Hangup { tty } => {
                let mut cx = self.context(CpuId(0), sink);
                if kernel::fs::tty_hangup(&mut cx, *tty).is_err() {
                    cx.emit(Event::Refused {
                        why: Refusal::NoSuchTerminal,
                    });
                }
            }
            Command::Inject { pid, act } => {
                let mut cx = self.context(CpuId(0), sink);
                if kernel::entry::inject(&mut cx, *pid, act.clone()).is_err() {
                    cx.emit(Event::Refused {
                        why: Refusal::NoSuchProcess,
                    });
                }
            }
            Command::Plug { cpu } => {
                let mut cx = self.context(CpuId(0), sink);
                if let Err(why) = cx.plug(*cpu) {
                    cx.emit(Event::Refused { why });
                }
            }
            Command::Unplug { cpu } => {
                let mut cx = self.context(CpuId(0), sink);
                if let Err(why) = cx.unplug(*cpu) {
                    cx.emit(Event::Refused { why });
                }
            }
            Command::Advance {
                until_ns,
                max_ticks,
            } => {
                return self.advance(*until_ns, *max_ticks, sink);
            }
        }
        Stop::Applied
    }

    fn emit(&self, sink: &mut Sink, event: Event) {
        let (at_ns, tick) = (self.now_ns, self.ticks);
        sink.push(Record {
            at_ns,
            tick,
            cpu: CpuId(0),
            event,
        });
    }
}
