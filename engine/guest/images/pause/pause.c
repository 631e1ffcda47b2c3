/*
 * What holds a Pod's namespaces: waits for ever, reaps the children that come to it as process 1 of a
 * shared process namespace, and ends when it is told to. No C library. Linux i386 system calls.
 */

enum { SYS_EXIT = 1, SYS_WAITPID = 7, SYS_RT_SIGPROCMASK = 175, SYS_RT_SIGTIMEDWAIT = 177 };
enum { SIGINT = 2, SIGTERM = 15, SIGCHLD = 17, SIG_BLOCK = 0, WNOHANG = 1 };

static int system_call(int number, int a, int b, int c, int d) {
  int result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
                   : "memory");
  return result;
}

static unsigned bit(int signal) { return 1u << (signal - 1); }

void _start(void) {
  /* Signals that are blocked wait for us; as process 1 we would not get them otherwise. */
  const unsigned set[2] = {bit(SIGINT) | bit(SIGTERM) | bit(SIGCHLD), 0};
  system_call(SYS_RT_SIGPROCMASK, SIG_BLOCK, (int)set, 0, sizeof set);
  for (;;) {
    const int signal = system_call(SYS_RT_SIGTIMEDWAIT, (int)set, 0, 0, sizeof set);
    if (signal == SIGINT || signal == SIGTERM) system_call(SYS_EXIT, 0, 0, 0, 0);
    while (system_call(SYS_WAITPID, -1, 0, WNOHANG, 0) > 0) continue;
  }
}
