/*
 * The program of the hello-world image: one write, one exit, no C library, so that the image
 * is a single file of a few hundred bytes. Linux i386 system calls (int 0x80).
 */

static const char greeting[] =
    "\n"
    "Hello from Docker!\n"
    "You are reading this because every part of the chain did its work.\n"
    "\n"
    "What happened between your key press and this text:\n"
    " 1. The docker command (the client) turned your words into an HTTP request and\n"
    "    sent it to the Docker engine (the daemon) through /var/run/docker.sock.\n"
    " 2. The engine found no image of that name on this machine, so it pulled\n"
    "    \"hello-world\" for the i386 architecture from the registry.\n"
    " 3. The engine made a container from the image: a file system, namespaces and\n"
    "    a cgroup of its own. In it, the kernel started the program that prints this.\n"
    " 4. The engine carried the output back to the client, and the client wrote it\n"
    "    to your terminal.\n"
    "\n"
    "The container has ended with its program. See what is left of it:\n"
    "    docker ps -a\n"
    "\n"
    "For something larger, start a container with a shell and look around:\n"
    "    docker run -it debian bash\n"
    "\n";

static int system_call(int number, int a, int b, int c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}

enum { SYS_EXIT = 1, SYS_WRITE = 4 };

void _start(void) {
  const char *next = greeting;
  int left = (int)sizeof greeting - 1;
  while (left > 0) {
    int written = system_call(SYS_WRITE, 1, (int)next, left);
    if (written <= 0) system_call(SYS_EXIT, 1, 0, 0);
    next += written;
    left -= written;
  }
  system_call(SYS_EXIT, 0, 0, 0);
}
