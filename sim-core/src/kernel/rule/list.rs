//! The rules: one list makes the enum, the errno that each decides, and where it is documented.

use crate::kernel::Errno;

macro_rules! rules {
    ($($name:ident $errno:ident $($signal:ident)? $page:literal;)*) => {
        /// A reason for which the kernel refuses. docs/RULES.md lists them with a case of each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::enum_variant_names, reason = "kernel objects begin the names")]
        pub enum Rule { $($name,)* }

        impl Rule {
            pub const ALL: &[Rule] = &[$(Rule::$name,)*];

            /// What a call is refused with.
            #[inline(always)]
            pub const fn errno(self) -> Errno {
                match self { $(Rule::$name => Errno::$errno,)* }
            }

            /// The manual page, or the file of the kernel's documentation, that has the rule.
            pub fn page(self) -> &'static str {
                match self { $(Rule::$name => $page,)* }
            }

            /// The signal that it ends in when an instruction is refused, not a call.
            pub fn signal(self) -> Option<&'static str> {
                match self {
                    $($(Rule::$name => Some(stringify!($signal)),)?)*
                    _ => None,
                }
            }

            fn camel(self) -> &'static str {
                match self { $(Rule::$name => stringify!($name),)* }
            }
        }
    };
}

impl Rule {
    /// `kill-permission` and the like.
    pub fn id(self) -> String {
        let mut id = String::new();
        for (at, letter) in self.camel().bytes().enumerate() {
            if letter.is_ascii_uppercase() && at > 0 {
                id.push('-');
            }
            id.push(char::from(letter.to_ascii_lowercase()));
        }
        id
    }
}

rules! {
    AcceptKind EOPNOTSUPP "accept(2)";
    AcceptListening EINVAL "accept(2)";
    AddressAligned EINVAL "mmap(2)";
    AddressClass EINVAL "netdevice(7)";
    AddressEnd ENOMEM "mprotect(2)";
    AddressNew EEXIST "rtnetlink(7)";
    AddressRange EINVAL "mmap(2)";
    AddressSpaceLimit ENOMEM "getrlimit(2)";
    AddressThere EADDRNOTAVAIL "rtnetlink(7)";
    AmbientArguments EINVAL "prctl(2)";
    AmbientRaise EPERM "capabilities(7)";
    ArgumentBytes E2BIG "execve(2)";
    BindLocal EADDRNOTAVAIL "ip(7)";
    BindLockedChildren EINVAL "mount_namespaces(7)";
    BindOnce EINVAL "bind(2)";
    BindPrivileged EACCES "ip(7)";
    BindSource EINVAL "mount_namespaces(7)";
    BridgeExists EINVAL "rtnetlink(7)";
    BridgeKind EOPNOTSUPP "rtnetlink(7)";
    BridgeLoop ELOOP "rtnetlink(7)";
    BridgePortKind EINVAL "rtnetlink(7)";
    BroadcastAllowed EACCES "ip(7)";
    CapExists EINVAL "prctl(2)";
    Capability EPERM "capabilities(7)";
    CapgetPid EINVAL "capget(2)";
    CapsetInheritable EPERM "capset(2)";
    CapsetOther EPERM "capset(2)";
    CapsetSubset EPERM "capset(2)";
    CgroupBytes EINVAL "cgroups(7)";
    CgroupControllerAvailable ENOENT "cgroups(7)";
    CgroupControllerExists EINVAL "cgroups(7)";
    CgroupControllerInUse EBUSY "cgroups(7)";
    CgroupControllerSign EINVAL "cgroups(7)";
    CgroupCpuMax EINVAL "cgroups(7)";
    CgroupCpuRange ERANGE "cgroups(7)";
    CgroupDescendants EAGAIN "cgroups(7)";
    CgroupDomain EOPNOTSUPP "cgroups(7)";
    CgroupEmpty EBUSY "cgroups(7)";
    CgroupFileModelled EOPNOTSUPP "cgroups(7)";
    CgroupFileNotDir ENOTDIR "path_resolution(7)";
    CgroupFreezeRange ERANGE "cgroups(7)";
    CgroupHierarchyFirst EPERM "cgroups(7)";
    CgroupHierarchyInUse EBUSY "cgroups(7)";
    CgroupIsDirectory EISDIR "read(2)";
    CgroupKillValue ERANGE "cgroups(7)";
    CgroupMemoryMax ENOMEM "cgroups(7)";
    CgroupName EINVAL "cgroups(7)";
    CgroupNoFiles EPERM "cgroups(7)";
    CgroupNoInternalProcesses EBUSY "cgroups(7)";
    CgroupNumber EINVAL "cgroups(7)";
    CgroupNumberRange ERANGE "cgroups(7)";
    CgroupOpenCreate EACCES "cgroups(7)";
    CgroupPid EINVAL "cgroups(7)";
    CgroupPidsMax EAGAIN "cgroups(7)";
    CgroupPidsValue EINVAL "cgroups(7)";
    CgroupPresent ENODEV "cgroups(7)";
    CgroupReadOnly EINVAL "cgroups(7)";
    CgroupRenameParent EIO "rename(2)";
    CgroupText EINVAL "cgroups(7)";
    CgroupThreaded EOPNOTSUPP "cgroups(7)";
    CgroupThreadedFile EOPNOTSUPP "cgroups(7)";
    CgroupThreads EOPNOTSUPP "cgroups(7)";
    CgroupV1Attach EACCES "cgroups(7)";
    CgroupV1Controller EINVAL "cgroups(7)";
    CgroupV1MemoryInUse EBUSY "cgroups(7)";
    CgroupVisible ENOENT "cgroup_namespaces(7)";
    CgroupWriteOnly EINVAL "cgroups(7)";
    ChownPermission EPERM "chown(2)";
    CloneFlags EINVAL "clone(2)";
    CloneVmVfork EINVAL "clone(2)";
    ConnectImmutable EPERM "connect(2)";
    ConnectPending EALREADY "connect(2)";
    ConnectProgress EINPROGRESS "connect(2)";
    CwdRemoved ENOENT "getcwd(3)";
    DatagramDestination EDESTADDRREQ "udp(7)";
    DatagramPort EINVAL "udp(7)";
    DatagramSize EMSGSIZE "udp(7)";
    DeviceAddress EADDRNOTAVAIL "netdevice(7)";
    DeviceDeletable EOPNOTSUPP "rtnetlink(7)";
    DeviceExists ENODEV "netdevice(7)";
    DeviceFull ENOSPC "full(4)";
    DeviceModelled ENXIO "open(2)";
    DeviceMovable EINVAL "rtnetlink(7)";
    DeviceNameFree EEXIST "rtnetlink(7)";
    DeviceNameLength ERANGE "rtnetlink(7)";
    DeviceNameValid EINVAL "rtnetlink(7)";
    DeviceUp ENETDOWN "rtnetlink(7)";
    DirectoryEmpty ENOTEMPTY "rmdir(2)";
    DirectoryRemoved ENOENT "path_resolution(7)";
    Dup3Arguments EINVAL "dup(2)";
    ExecFormat ENOEXEC "execve(2)";
    ExecInterpreters ELOOP "execve(2)";
    ExecRegular EACCES "execve(2)";
    ExecveatFlags ENOENT "execveat(2)";
    FaultAllowed EFAULT SIGSEGV "sigaction(2)";
    FaultInFile EFAULT SIGBUS "sigaction(2)";
    FaultMapped EFAULT SIGSEGV "sigaction(2)";
    FcntlCommand EINVAL "fcntl(2)";
    FcntlLeast EINVAL "fcntl(2)";
    FcntlPipe EBADF "fcntl(2)";
    FdDirectory ENOTDIR "getdents(2)";
    FdLimit EBADF "dup(2)";
    FdNamespace EINVAL "setns(2)";
    FdOpen EBADF "close(2)";
    FdPidfd EBADF "pidfd_open(2)";
    FdReadable EBADF "read(2)";
    FdSeekable ESPIPE "lseek(2)";
    FdSocket ENOTSOCK "socket(2)";
    FdTerminal ENOTTY "ioctl(2)";
    FdWritable EBADF "write(2)";
    FifoReader ENXIO "fifo(7)";
    FileComputed EPERM "chmod(2)";
    FileIdsMapped EOVERFLOW "user_namespaces(7)";
    FileOwner EPERM "chmod(2)";
    FilePermission EACCES "path_resolution(7)";
    FileSize EFBIG "write(2)";
    FilesystemKnown ENODEV "mount(2)";
    FilesystemReadOnly EROFS "mount(2)";
    FrameFree ENOMEM "brk(2)";
    FsizeLimit EFBIG "getrlimit(2)";
    GatewayGiven EINVAL "rtnetlink(7)";
    GatewayReachable ENETUNREACH "rtnetlink(7)";
    HostnameLength EINVAL "sethostname(2)";
    IdMapFirst EPERM "user_namespaces(7)";
    IdMapFormat EINVAL "user_namespaces(7)";
    IdMapOnce EPERM "user_namespaces(7)";
    IdMapOneWrite EINVAL "user_namespaces(7)";
    IdMapParent EPERM "user_namespaces(7)";
    IdMapPermitted EPERM "user_namespaces(7)";
    IdMapWriter EPERM "user_namespaces(7)";
    IdMapped EINVAL "user_namespaces(7)";
    IdValid EINVAL "setgid(2)";
    IoctlSocket ENOTTY "ioctl(2)";
    IpcCommand EINVAL "msgctl(2)";
    IpcExclusive EEXIST "svipc(7)";
    IpcExists EINVAL "svipc(7)";
    IpcKey ENOENT "svipc(7)";
    IpcPermission EACCES "svipc(7)";
    IpcRemoved EIDRM "msgop(2)";
    KeepcapsLocked EPERM "capabilities(7)";
    KillPermission EPERM "kill(2)";
    KillTargetExists ESRCH "kill(2)";
    LastPid EINVAL "pid_namespaces(7)";
    LengthValid EINVAL "truncate(2)";
    LinkDirectory EPERM "link(2)";
    LinkMount EXDEV "link(2)";
    LinksMaximum ELOOP "path_resolution(7)";
    ListenKind EOPNOTSUPP "listen(2)";
    ListenState EINVAL "listen(2)";
    LoopbackSource EINVAL "ip(7)";
    MadviseAdvice EINVAL "madvise(2)";
    MadviseFreeAnonymous EINVAL "madvise(2)";
    MadvisePopulateAllowed EINVAL "madvise(2)";
    MadviseWipePrivate EINVAL "madvise(2)";
    MapCount ENOMEM "mmap(2)";
    MknodKind EPERM "mknod(2)";
    MknodPermission EPERM "mknod(2)";
    MknodType EINVAL "mknod(2)";
    MmapFileAccess EACCES "mmap(2)";
    MmapFileKind ENODEV "mmap(2)";
    MmapGrowsdown EINVAL "mmap(2)";
    MmapLength EINVAL "mmap(2)";
    MmapMinAddr EPERM "mmap(2)";
    MmapNoexec EPERM "mmap(2)";
    MmapTcpWrite EPERM "tcp(7)";
    MmapNoreplace EEXIST "mmap(2)";
    MmapOffset EOVERFLOW "mmap(2)";
    MmapSharing EINVAL "mmap(2)";
    MmuPresent ENOSYS "nommu-mmap.rst";
    MountFlagsLocked EPERM "mount_namespaces(7)";
    MountFullyVisible EPERM "mount_namespaces(7)";
    MountLockedCopy EPERM "mount_namespaces(7)";
    MountMax ENOSPC "mount(2)";
    MountMine EINVAL "mount_namespaces(7)";
    MountNoexec EACCES "mount(2)";
    MountNosymfollow ELOOP "mount(2)";
    MountNsLoop EINVAL "mount_namespaces(7)";
    MountReadOnly EROFS "mount(2)";
    MountSame EBUSY "mount(2)";
    MountSource EINVAL "mount(2)";
    MountType EINVAL "mount(2)";
    Mountpoint EBUSY "rmdir(2)";
    MountpointExists ENOENT "mount(2)";
    MountpointKind ENOTDIR "mount(2)";
    MoveBelowItself ELOOP "mount(2)";
    MoveParent EINVAL "mount_namespaces(7)";
    MoveRoot EINVAL "mount(2)";
    MoveUnbindable EINVAL "mount_namespaces(7)";
    MprotectAllowed EACCES "mprotect(2)";
    MsgFits E2BIG "msgop(2)";
    MsgFlagsModelled EOPNOTSUPP "send(2)";
    MsgQueues ENOSPC "msgget(2)";
    MsgRoom EAGAIN "msgop(2)";
    MsgWaiting ENOMSG "msgop(2)";
    MsgrcvArguments EINVAL "msgop(2)";
    MsgsndArguments EINVAL "msgop(2)";
    NameComputed EPERM "unlink(2)";
    NameExists ENOENT "path_resolution(7)";
    NameFree EEXIST "mkdir(2)";
    NameIsDirectory ENOTDIR "path_resolution(7)";
    NameIsFile EISDIR "unlink(2)";
    NameLength ENAMETOOLONG "path_resolution(7)";
    NameTrailingSlash ENOENT "path_resolution(7)";
    NamespaceFileImmutable EPERM "open(2)";
    NetAdmin EPERM "netdevice(7)";
    NetlinkBytes EINVAL "netlink(7)";
    NetmaskValid EINVAL "netdevice(7)";
    NftCommands EINVAL "nft(8)";
    NofileLimit EMFILE "getrlimit(2)";
    NommuFork EINVAL "fork(2)";
    NommuMapped EINVAL "nommu-mmap.rst";
    NommuMmapFlags EINVAL "nommu-mmap.rst";
    NommuSharedFile ENODEV "nommu-mmap.rst";
    NommuWhole EINVAL "nommu-mmap.rst";
    NprocLimit EAGAIN "getrlimit(2)";
    OffsetAligned EINVAL "mmap(2)";
    OomVictim ENOMEM SIGKILL "proc(5)";
    OpenDevice EACCES "mount(2)";
    OpenDirectory EISDIR "open(2)";
    OpenExclusive EEXIST "open(2)";
    OpenFlags EINVAL "open(2)";
    OpenSocket ENXIO "open(2)";
    OpenSymlink ELOOP "open(2)";
    OpenTrailingSlash EISDIR "open(2)";
    Overcommit ENOMEM "proc(5)";
    OverlayDepth EINVAL "overlayfs.rst";
    OverlayLayerDirectory EINVAL "overlayfs.rst";
    OverlayLayers EINVAL "overlayfs.rst";
    OverlayLayersDistinct ELOOP "overlayfs.rst";
    OverlayMark EIO "xattr(7)";
    OverlayOptions EINVAL "overlayfs.rst";
    OverlayRenameDir EXDEV "overlayfs.rst";
    OverlayUpperWritable EINVAL "overlayfs.rst";
    OverlayWhiteout EPERM "overlayfs.rst";
    OverlayWorkdir EINVAL "overlayfs.rst";
    OwnTerminal ENXIO "tty(4)";
    PacketFilter EPERM "nft(8)";
    PathEmpty ENOENT "path_resolution(7)";
    PathFd EBADF "open(2)";
    PathLength ENAMETOOLONG "path_resolution(7)";
    PgidValid EINVAL "setpgid(2)";
    PidFree EAGAIN "fork(2)";
    PidNsAlive ENOMEM "pid_namespaces(7)";
    PidNsDepth ENOSPC "pid_namespaces(7)";
    PidNsOnce EINVAL "pid_namespaces(7)";
    PidNsOwner EINVAL "pid_namespaces(7)";
    PidfdOpenArguments EINVAL "pidfd_open(2)";
    PidfdProcessAlive ESRCH "pidfd_send_signal(2)";
    PidfdProcessVisible EINVAL "pidfd_send_signal(2)";
    PidfdSignalFlags EINVAL "pidfd_send_signal(2)";
    PipeFlags EINVAL "pipe(2)";
    PipeReaders EPIPE "pipe(7)";
    PivotBusy EBUSY "pivot_root(2)";
    PivotLocked EINVAL "pivot_root(2)";
    PivotMountpoint EINVAL "pivot_root(2)";
    PivotRemoved ENOENT "pivot_root(2)";
    PivotShared EINVAL "pivot_root(2)";
    PivotUnderneath EINVAL "pivot_root(2)";
    PortAvailable EAGAIN "connect(2)";
    PortFree EADDRINUSE "ip(7)";
    PortLeft EADDRNOTAVAIL "ip(7)";
    PrctlValue EINVAL "prctl(2)";
    PrefixLength EINVAL "rtnetlink(7)";
    ProcExited ENOENT "proc(5)";
    ProcHidden EPERM "proc(5)";
    ProcLookBehind EACCES "ptrace(2)";
    ProcNameless ENXIO "proc(5)";
    ProcNoFiles ENOENT "proc(5)";
    ProcOptions EINVAL "proc(5)";
    ProcProcess ESRCH "proc(5)";
    ProcReadOnly EIO "proc(5)";
    CommOwner EINVAL "proc_pid_comm(5)";
    OomScoreAdj EINVAL "proc_pid_oom_score_adj(5)";
    OomScoreAdjLower EACCES "proc_pid_oom_score_adj(5)";
    ProcSelf ENOENT "proc(5)";
    ProcessExists ESRCH "credentials(7)";
    ProgramRuns ETXTBSY "open(2)";
    ProgramWritten ETXTBSY "execve(2)";
    PropagationFlags EINVAL "mount(2)";
    PropagationMounted EINVAL "mount(2)";
    PropagationRoot EINVAL "mount(2)";
    ProtKnown EINVAL "mprotect(2)";
    PtraceCapabilities EPERM "ptrace(2)";
    PtraceCredentials EPERM "ptrace(2)";
    PtraceDumpable EPERM "ptrace(2)";
    RangeMapped ENOMEM "madvise(2)";
    ReadDirectory EISDIR "read(2)";
    ReadKind EINVAL "read(2)";
    ReadlinkKind EINVAL "readlink(2)";
    RemountRoot EINVAL "mount(2)";
    RemountWritten EBUSY "mount(2)";
    RenameAncestor ENOTEMPTY "rename(2)";
    RenameFlags EINVAL "rename(2)";
    RenameIntoItself EINVAL "rename(2)";
    RenameMount EXDEV "rename(2)";
    RenameName EBUSY "rename(2)";
    RenameSlash ENOTDIR "rename(2)";
    RlimitNofileMaximum EPERM "getrlimit(2)";
    RlimitOrder EINVAL "getrlimit(2)";
    RlimitRaise EPERM "getrlimit(2)";
    RmdirDot EINVAL "rmdir(2)";
    RmdirDotDot ENOTEMPTY "rmdir(2)";
    RmdirRoot EBUSY "rmdir(2)";
    RoomForMapping ENOMEM "mmap(2)";
    RouteExists ENETUNREACH "ip(7)";
    RouteMask EINVAL "rtnetlink(7)";
    RouteNew EEXIST "rtnetlink(7)";
    SameSession EPERM "kill(2)";
    SameUser EPERM "credentials(7)";
    SeccompFilter EPERM "seccomp(2)";
    SeccompPrivilege EACCES "seccomp(2)";
    SecurebitsLocked EPERM "capabilities(7)";
    SeekOffset EINVAL "lseek(2)";
    SendAddress EISCONN "send(2)";
    SetgidPermission EPERM "setgid(2)";
    SetgroupsAllowed EPERM "user_namespaces(7)";
    SetgroupsCount EINVAL "setgroups(2)";
    SetgroupsDenied EPERM "user_namespaces(7)";
    SetgroupsMapped EPERM "user_namespaces(7)";
    SetgroupsOpen EACCES "user_namespaces(7)";
    SetgroupsText EINVAL "user_namespaces(7)";
    SetnsKinds EINVAL "setns(2)";
    SetnsPidDescendant EINVAL "setns(2)";
    SetnsProcessAlive ESRCH "setns(2)";
    SetnsSameUserNs EINVAL "setns(2)";
    SetnsType EINVAL "setns(2)";
    SetpgidBeforeExec EACCES "setpgid(2)";
    SetpgidChild ESRCH "setpgid(2)";
    SetpgidGroup EPERM "setpgid(2)";
    SetpgidLeader EPERM "setpgid(2)";
    SetpgidSession EPERM "setpgid(2)";
    SetpriorityOwner EPERM "setpriority(2)";
    SetpriorityRaise EACCES "setpriority(2)";
    SetregidPermission EPERM "setregid(2)";
    SetresgidPermission EPERM "setresgid(2)";
    SetresuidPermission EPERM "setresuid(2)";
    SetreuidPermission EPERM "setreuid(2)";
    SetsidLeader EPERM "setsid(2)";
    SetuidPermission EPERM "setuid(2)";
    ShmSegments ENOSPC "shmget(2)";
    ShmatFree EINVAL "shmat(2)";
    ShmatRemap EINVAL "shmat(2)";
    ShmdtAttached EINVAL "shmdt(2)";
    ShmgetFlags EINVAL "shmget(2)";
    ShmgetSize EINVAL "shmget(2)";
    ShutdownHow EINVAL "shutdown(2)";
    ShutdownKind EOPNOTSUPP "shutdown(2)";
    SigactionChangeable EINVAL "sigaction(2)";
    SignalExists EINVAL "signal(7)";
    SockaddrFamily EAFNOSUPPORT "connect(2)";
    SockaddrGiven EINVAL "connect(2)";
    SocketAddressable EINVAL "bind(2)";
    SocketConnected EISCONN "connect(2)";
    SocketFamily EAFNOSUPPORT "socket(2)";
    SocketFlags EINVAL "socket(2)";
    SocketNetlink EOPNOTSUPP "netlink(7)";
    SocketNotConnected ENOTCONN "shutdown(2)";
    SocketOption ENOPROTOOPT "getsockopt(2)";
    SocketPeerGone EPIPE "send(2)";
    SocketProtocol EPROTONOSUPPORT "socket(2)";
    SocketRaw EPERM "raw(7)";
    SocketType ESOCKTNOSUPPORT "socket(2)";
    SocketpairFamily EOPNOTSUPP "socketpair(2)";
    StackGrowth EFAULT SIGSEGV "mmap(2)";
    StickyOwner EPERM "unlink(2)";
    SysctlPermission EPERM "proc(5)";
    SysctlText EINVAL "proc(5)";
    TimeOffsetsFrozen EACCES "time_namespaces(7)";
    TimeOffsetsRange ERANGE "time_namespaces(7)";
    TimeOffsetsText EINVAL "time_namespaces(7)";
    TmpfsFull ENOSPC "tmpfs(5)";
    TmpfsOptions EINVAL "tmpfs(5)";
    TmpfsSize EINVAL "tmpfs(5)";
    TruncateDirectory EISDIR "truncate(2)";
    TruncateKind EINVAL "truncate(2)";
    TruncatePidfd EOPNOTSUPP "pidfd_open(2)";
    TruncateWritable EINVAL "truncate(2)";
    TtyBackground EIO "termios(3)";
    TtyGroupExists ESRCH "tcsetpgrp(3)";
    TtyGroupSession EPERM "tcsetpgrp(3)";
    TtyHungUp EIO "termios(3)";
    TtyOwn ENOTTY "tcsetpgrp(3)";
    TtySessionLeader EPERM "TIOCSCTTY(2const)";
    UmountBusy EBUSY "umount(2)";
    UmountExpire EINVAL "umount(2)";
    UmountExpiring EAGAIN "umount(2)";
    UmountFlags EINVAL "umount(2)";
    UmountRoot EINVAL "umount(2)";
    UnixAddress EINVAL "unix(7)";
    UnixConnectListening EINVAL "connect(2)";
    UnixListen EINVAL "listen(2)";
    UnixListener ECONNREFUSED "unix(7)";
    UnixNameFree EADDRINUSE "unix(7)";
    UnixReadConnected EINVAL "unix(7)";
    UnlinkDirectory EISDIR "unlink(2)";
    UnshareFlags EINVAL "unshare(2)";
    UserAddress EFAULT "mmap(2)";
    UserNsChroot EPERM "user_namespaces(7)";
    UserNsDepth ENOSPC "user_namespaces(7)";
    UserNsMapped EPERM "user_namespaces(7)";
    UserPage EFAULT "mmap(2)";
    WaitChild ECHILD "wait(2)";
    WaitGroup ESRCH "wait(2)";
    WaitOptions EINVAL "wait(2)";
    WaitWhich EINVAL "wait(2)";
    WouldBlock EAGAIN "read(2)";
}
