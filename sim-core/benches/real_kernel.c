// The same things on the kernel that this runs on. Built and run by examples/bench.rs with the C
// compiler that links Rust programs: the model's own code may not call fork(2) unsafely.
// Prints one line per figure: name, nanoseconds.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

int main(void) {
    fork_exit_wait();
    fflush(stdout);
    first_touch();
    fflush(stdout);
    ping_pong();
    fflush(stdout);
    getppid_loop();
    return 0;
}
