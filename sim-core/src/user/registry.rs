//! Every program: its name, its number in the file's header, and where it is installed.

use crate::kernel::task::ProgramId;

macro_rules! programs {
    ($($variant:ident = $nr:literal $name:literal in $dir:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Program { $($variant = $nr),* }

        impl Program {
            pub const ALL: &'static [Program] = &[$(Program::$variant),*];

            /// File name.
            pub fn name(self) -> &'static str {
                match self { $(Program::$variant => $name),* }
            }
            /// Directory that it is installed in; the agent of the bare world is in none.
            pub fn directory(self) -> &'static str {
                match self { $(Program::$variant => $dir),* }
            }
            pub fn from_id(id: ProgramId) -> Option<Program> {
                match id.0 { $($nr => Some(Program::$variant),)* _ => None }
            }
        }
    };
}

programs! {
    Init = 1 "init" in "/sbin";
    Sh = 2 "sh" in "/bin";
    Ps = 3 "ps" in "/bin";
    Ls = 4 "ls" in "/bin";
    Cat = 5 "cat" in "/bin";
    Hostname = 6 "hostname" in "/bin";
    Id = 7 "id" in "/bin";
    Kill = 8 "kill" in "/bin";
    Echo = 9 "echo" in "/bin";
    Sleep = 10 "sleep" in "/bin";
    Mount = 11 "mount" in "/bin";
    Umount = 12 "umount" in "/bin";
    Mkdir = 13 "mkdir" in "/bin";
    Rm = 14 "rm" in "/bin";
    Unshare = 15 "unshare" in "/usr/bin";
    True = 16 "true" in "/bin";
    False = 17 "false" in "/bin";
    Word = 18 "word" in "/usr/bin";
    Excel = 19 "excel" in "/usr/bin";
    Ppt = 20 "ppt" in "/usr/bin";
    Memhog = 21 "memhog" in "/usr/bin";
    Docker = 22 "docker" in "/usr/bin";
    Runc = 23 "runc" in "/usr/bin";
    Agent = 24 "agent" in "";
    Nsenter = 25 "nsenter" in "/usr/bin";
    Lsns = 26 "lsns" in "/usr/bin";
    Ip = 27 "ip" in "/sbin";
}

/// Pages of text that every program has.
pub const TEXT_PAGES: u16 = 2;
/// Pages of data and buffers.
pub const DATA_PAGES: u16 = 2;

impl Program {
    pub fn id(self) -> ProgramId {
        ProgramId(self as u16)
    }
}
