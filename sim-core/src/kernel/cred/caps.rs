//! Capability sets (capabilities(7)).

macro_rules! caps {
    ($($name:ident = $nr:literal;)*) => {
        /// A capability, with its number in include/uapi/linux/capability.h.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cap { $($name = $nr,)* }

        impl Cap {
            pub const ALL: &'static [Cap] = &[$(Cap::$name,)*];
            /// Name without `CAP_`.
            pub fn name(self) -> &'static str {
                match self { $(Cap::$name => stringify!($name),)* }
            }
            pub fn from_nr(nr: u64) -> Option<Cap> {
                match nr { $($nr => Some(Cap::$name),)* _ => None }
            }
        }
    };
}

#[allow(non_camel_case_types)]
mod names {
    caps! {
        CHOWN = 0; DAC_OVERRIDE = 1; DAC_READ_SEARCH = 2; FOWNER = 3; FSETID = 4; KILL = 5;
        SETGID = 6; SETUID = 7; SETPCAP = 8; LINUX_IMMUTABLE = 9; NET_BIND_SERVICE = 10;
        NET_BROADCAST = 11; NET_ADMIN = 12; NET_RAW = 13; IPC_LOCK = 14; IPC_OWNER = 15;
        SYS_MODULE = 16; SYS_RAWIO = 17; SYS_CHROOT = 18; SYS_PTRACE = 19; SYS_PACCT = 20;
        SYS_ADMIN = 21; SYS_BOOT = 22; SYS_NICE = 23; SYS_RESOURCE = 24; SYS_TIME = 25;
        SYS_TTY_CONFIG = 26; MKNOD = 27; LEASE = 28; AUDIT_WRITE = 29; AUDIT_CONTROL = 30;
        SETFCAP = 31; MAC_OVERRIDE = 32; MAC_ADMIN = 33; SYSLOG = 34; WAKE_ALARM = 35;
        BLOCK_SUSPEND = 36; AUDIT_READ = 37; PERFMON = 38; BPF = 39; CHECKPOINT_RESTORE = 40;
    }
}
pub use names::Cap;

/// A set of capabilities: bit n is capability n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CapSet(pub u64);

impl CapSet {
    pub const EMPTY: CapSet = CapSet(0);
    /// Everything up to CAP_LAST_CAP.
    pub const FULL: CapSet = CapSet((1 << 41) - 1);
    /// Those that go with the file system user id (CAP_FS_SET).
    pub const FS: CapSet = CapSet::EMPTY
        .with(Cap::CHOWN)
        .with(Cap::MKNOD)
        .with(Cap::DAC_OVERRIDE)
        .with(Cap::DAC_READ_SEARCH)
        .with(Cap::FOWNER)
        .with(Cap::FSETID)
        .with(Cap::MAC_OVERRIDE)
        .with(Cap::LINUX_IMMUTABLE);

    pub const fn has(self, cap: Cap) -> bool {
        self.0 & 1 << cap as u32 != 0
    }
    pub const fn with(self, cap: Cap) -> CapSet {
        CapSet(self.0 | 1 << cap as u32)
    }
    pub const fn without(self, cap: Cap) -> CapSet {
        CapSet(self.0 & !(1 << cap as u32))
    }
    pub const fn and(self, other: CapSet) -> CapSet {
        CapSet(self.0 & other.0)
    }
    pub const fn or(self, other: CapSet) -> CapSet {
        CapSet(self.0 | other.0)
    }
    pub const fn minus(self, other: CapSet) -> CapSet {
        CapSet(self.0 & !other.0)
    }
    /// Whether all of it is in `other`.
    pub const fn is_subset_of(self, other: CapSet) -> bool {
        self.0 & !other.0 == 0
    }
}
