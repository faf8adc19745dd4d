// The same things on the kernel that this runs on. Built and run by examples/bench.rs with the C
// compiler that links Rust programs: the model's own code may not call fork(2) unsafely.
// Prints one line per figure: name, nanoseconds; "skip" and the reason for one that cannot be.
// The argument is this same file built with -DPROGRAM: what a container executes, which ends.
#define _GNU_SOURCE
#ifdef PROGRAM
// Without a C library, so that it runs under any root.
void _start(void) {
    for (;;) __asm__ volatile("syscall" : : "a"(231), "D"(0) : "rcx", "r11", "memory");
}
#else
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static char *pages(size_t count) {
    char *at = mmap(NULL, count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) exit(1);
    madvise(at, count * 4096, MADV_NOHUGEPAGE);
    return at;
}

static void fork_exit_wait(void) {
    enum { ROUNDS = 4000 };
    memset(pages(25), 1, 25 * 4096);
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child < 0 || waitpid(child, NULL, 0) != child) exit(1);
    }
    printf("fork %f\n", (now_ns() - start) / ROUNDS);
}

static void first_touch(void) {
    enum { PAGES = 20000 };
    char *at = pages(PAGES);
    double start = now_ns();
    for (size_t i = 0; i < PAGES; i++) ((volatile char *)at)[i * 4096] = 1;
    printf("touch %f\n", (now_ns() - start) / PAGES);
}

static void ping_pong(void) {
    enum { ROUNDS = 20000 };
    int there[2], back[2];
    char byte = 'x';
    if (pipe(there) || pipe(back)) exit(1);
    if (fork() == 0) {
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1 && byte == 'x') {}
        _exit(0);
    }
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
    printf("pipe %f\n", (now_ns() - start) / ROUNDS / 2);
    byte = 'q';
    if (write(there[1], &byte, 1) != 1) exit(1);
    wait(NULL);
}

static void getppid_loop(void) {
    enum { ROUNDS = 1000000 };
    double start = now_ns();
    for (int i = 0; i < ROUNDS; i++) syscall(SYS_getppid);
    printf("getppid %f\n", (now_ns() - start) / ROUNDS);
}

// benches/figures/script.rs has the same calls.
static char base[] = "/tmp/ringside-bench-XXXXXX";
static char group[256], image[64], root[64], within[300];

static const char *below(const char *dir, const char *name) {
    snprintf(within, sizeof within, "%s%s", dir, name);
    return within;
}

// The first process of the container, in the order of runc. Ends with the number of the call that
// was refused.
static void inside(int read_end) {
    char byte;
    int at = 1;
#define CALL(what) do { if ((what) < 0) _exit(at); at++; } while (0)
    CALL(read(read_end, &byte, 1));
    CALL(mount("none", "/", "", MS_REC | MS_PRIVATE, ""));
    CALL(mount(image, root, "", MS_BIND, ""));
    CALL(mount("tmpfs", below(root, "/tmp"), "tmpfs", 0, ""));
    CALL(mount("/dev", below(root, "/dev"), "", MS_BIND, ""));
    CALL(mount("proc", below(root, "/proc"), "proc", 0, ""));
    CALL(chdir(root));
    CALL(syscall(SYS_pivot_root, ".", "."));
    CALL(umount2(".", MNT_DETACH));
    CALL(chdir("/"));
    CALL(sethostname("deck", 4));
    CALL(execve("/bin/word", (char *[]){"word", NULL}, NULL));
#undef CALL
}

// The runtime. Returns what the container ended with, or -1.
static int docker_round(int read_end, int write_end) {
    if (mkdir(group, 0755) || mkdir(root, 0755)) return -1;
    int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;
    pid_t child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) inside(read_end);
    if (child < 0) return -1;
    char procs[300], number[16];
    int status, length = snprintf(number, sizeof number, "%d", child);
    snprintf(procs, sizeof procs, "%s/cgroup.procs", group);
    int fd = open(procs, O_WRONLY);
    int joined = write(fd, number, length) == length;
    close(fd);
    if (write(write_end, "x", 1) != 1 || waitpid(child, &status, 0) != child) return -1;
    if (rmdir(group) || rmdir(root) || !joined || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

static const char *prepare(const char *program) {
    const char *hierarchies[] = {"/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    if (geteuid() != 0) return "it takes root";
    if (!mkdtemp(base) || mount("tmpfs", base, "tmpfs", 0, "")) return "no tmpfs can be mounted";
    snprintf(image, sizeof image, "%s/image", base);
    snprintf(root, sizeof root, "%s/root", base);
    mkdir(image, 0755);
    const char *dirs[] = {"/bin", "/tmp", "/dev", "/proc"};
    for (int i = 0; i < 4; i++) mkdir(below(image, dirs[i]), 0755);
    char copy[400];
    snprintf(copy, sizeof copy, "cp %s %s/bin/word", program, image);
    if (system(copy) != 0) return "the program cannot be copied";
    for (int i = 0; i < 3; i++) {
        snprintf(group, sizeof group, "%s/ringside-bench-%d", hierarchies[i], getpid());
        if (mkdir(group, 0755) == 0) {
            int has_procs = access(below(group, "/cgroup.procs"), W_OK) == 0;
            rmdir(group);
            if (has_procs) return NULL;
        }
    }
    return "no control group can be made";
}

static void docker_script(const char *program) {
    enum { ROUNDS = 200 };
    int ends[2];
    const char *why = prepare(program);
    if (!why && pipe(ends)) why = "no pipe";
    int refused = why ? 0 : docker_round(ends[0], ends[1]);
    double start = now_ns();
    for (int i = 0; !why && !refused && i < ROUNDS; i++) refused = docker_round(ends[0], ends[1]);
    double each = (now_ns() - start) / ROUNDS;
    if (why) printf("skip docker run: %s\n", why);
    else if (refused) printf("skip docker run: call %d of the container was refused\n", refused);
    else printf("docker %f\n", each);
    umount2(base, MNT_DETACH);
    rmdir(base);
}

// One CPU, as the model has: a switch is then one, and not two programs side by side.
static void stay_here(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

int main(int count, char **arguments) {
    stay_here();
    fork_exit_wait();
    fflush(stdout);
    first_touch();
    fflush(stdout);
    ping_pong();
    fflush(stdout);
    getppid_loop();
    fflush(stdout);
    if (count > 1) docker_script(arguments[1]);
    return 0;
}
#endif
