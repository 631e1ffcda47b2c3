/*
 * The first process of a Drydock machine. It assembles the root file system out of the read-only
 * partitions of the first disk and the writable second disk, mounts what Linux programs
 * expect, starts the agent (and the original Docker daemons where a partition brings them), and
 * from then on reaps orphans and restarts what has ended.
 *
 * One static program instead of a shell script: a boot spends about 1 million
 * guest instructions here, while every process a script would start costs as much.
 *
 * It is also `poweroff`, `halt` and `reboot`: under those names it signals process 1.
 * The kernel command line may hold `drydock.console`: a root shell on the serial console.
 */
#include <linux/mount.h>
#include <linux/sockios.h>
#include <linux/time_types.h>

#define MS_PSEUDO (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define SIGNAL_BIT(n) (1UL << ((n) - 1))
#define MNT_DETACH 2
#define AF_INET_FAMILY 2
#define SOCK_DGRAM_TYPE 2
#define AGENT "/usr/sbin/drydock-agent"
#define CONTAINERD "/usr/bin/containerd"
#define CONTAINERD_SOCKET "/run/containerd/containerd.sock"
#define DOCKERD "/usr/sbin/dockerd"
#define DOCKERD_FILES "/var/lib/drydock/docker"
/* A child that ends sooner than this is broken: wait before the next try. */
#define RESPAWN_PAUSE_MS 1000
/* Between SIGTERM and SIGKILL to everything at shutdown. */
#define SHUTDOWN_GRACE_MS 300

#define SEARCH_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *const child_environment[] = {
    SEARCH_PATH,
    "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "TERM=xterm-256color", "LANG=C.UTF-8", NULL,
};

/*
 * The only registry that this daemon can reach is the host's. To parse the certificates of the
 * world's authorities would take it longer than it waits for a handshake.
 */
static char *const dockerd_environment[] = {
    SEARCH_PATH, "SSL_CERT_FILE=/etc/ssl/certs/drydock-hub.pem", "SSL_CERT_DIR=/nonexistent", NULL,
};

static void say(const char *text, const char *detail)
{
    char line[256];
    size_t used = 0;
    const char *pieces[] = { "drydock: ", text, detail, "\r\n" };

    for (unsigned i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
        for (const char *c = pieces[i]; c && *c && used < sizeof(line); c++)
            line[used++] = *c;
    write(1, line, used);
}

static int try_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)
{
    return my_syscall5(__NR_mount, source, target, type, flags, options);
}

static void must_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)
{
    if (try_mount(source, target, type, flags, options) < 0)
        say("cannot mount ", target);
}

/* Settings that this kernel does not have are skipped. */
static void write_file(const char *path, const char *text)
{
    int fd = my_syscall3(__NR_open, path, O_WRONLY, 0);
    /* not within the call below: its arguments live in fixed registers, which a call would overwrite */
    size_t length = strlen(text);

    if (fd < 0)
        return;
    my_syscall3(__NR_write, fd, text, length);
    close(fd);
}

static int exists(const char *path)
{
    return my_syscall2(__NR_access, path, 0) == 0;
}

static void append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);

    while (*more && used + 1 < size)
        text[used++] = *more++;
    text[used] = 0;
}

/* Mounts every further partition of the first disk; returns overlay's lowerdir list, topmost first. */
static void mount_layers(char *lower, size_t size)
{
    lower[0] = 0;
    for (char number = '9'; number >= '2'; number--) {
        char device[] = "/dev/sda?";
        char layer[] = "/run/layer?";

        device[sizeof(device) - 2] = number;
        layer[sizeof(layer) - 2] = number;
        if (!exists(device))
            continue;
        mkdir(layer, 0755);
        if (try_mount(device, layer, "erofs", MS_RDONLY, NULL) < 0) {
            say("cannot mount ", device);
            continue;
        }
        append(lower, size, layer);
        append(lower, size, ":");
    }
    append(lower, size, "/");
}

static void assemble_root(void)
{
    char options[256] = "lowerdir=";

    must_mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
    mkdir("/run/scratch", 0755);
    mkdir("/run/root", 0755);
    mount_layers(options + strlen(options), sizeof(options) - strlen(options));
    /* The inode tables of a sparse disk are zero already: nothing is left to initialise. */
    if (!exists("/dev/sdb") || try_mount("/dev/sdb", "/run/scratch", "ext4", MS_NOATIME, "noinit_itable") < 0) {
        say("no writable disk: changes stay in memory", NULL);
        must_mount("tmpfs", "/run/scratch", "tmpfs", MS_NOATIME, "mode=755");
    }
    mkdir("/run/scratch/root", 0755);
    mkdir("/run/scratch/root/upper", 0755);
    mkdir("/run/scratch/root/work", 0755);
    mkdir("/run/scratch/containers", 0711);
    mkdir("/run/scratch/volumes", 0711);
    append(options, sizeof(options), ",upperdir=/run/scratch/root/upper,workdir=/run/scratch/root/work");
    must_mount("overlay", "/run/root", "overlay", MS_NOATIME, options);

    must_mount("/run/scratch", "/run/root/var/lib/drydock", NULL, MS_MOVE, NULL);
    must_mount("/dev", "/run/root/dev", NULL, MS_MOVE, NULL);
    chdir("/run/root");
    if (my_syscall2(__NR_pivot_root, ".", ".") < 0)
        say("cannot change the root file system", NULL);
    my_syscall2(__NR_umount2, ".", MNT_DETACH);
    chdir("/");
}

static void mount_system(void)
{
    must_mount("proc", "/proc", "proc", MS_PSEUDO, NULL);
    must_mount("sysfs", "/sys", "sysfs", MS_PSEUDO, NULL);
    must_mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
    mkdir("/run/lock", 01777);
    mkdir("/run/drydock", 0755);
    mkdir("/run/drydock/images", 0755);
    mkdir("/dev/pts", 0755);
    mkdir("/dev/shm", 01777);
    mkdir("/dev/mqueue", 01777);
    must_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
    must_mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    must_mount("mqueue", "/dev/mqueue", "mqueue", MS_PSEUDO, NULL);
    my_syscall2(__NR_symlink, "/proc/self/fd", "/dev/fd");
    my_syscall2(__NR_symlink, "/proc/self/fd/0", "/dev/stdin");
    my_syscall2(__NR_symlink, "/proc/self/fd/1", "/dev/stdout");
    my_syscall2(__NR_symlink, "/proc/self/fd/2", "/dev/stderr");
    /* Shared, as on any Linux with systemd: Kubernetes propagates mounts from here. */
    try_mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
    /* The host shares image trees over 9p; a machine without containers has no such device. */
    try_mount("host9p", "/run/drydock/images", "9p", MS_RDONLY | MS_NODEV | MS_NOATIME,
              "trans=virtio,version=9p2000.L,msize=131072,cache=loose");
}

static void prepare_control_groups(void)
{
    must_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_PSEUDO, "nsdelegate");
    mkdir("/sys/fs/cgroup/system", 0755);
    write_file("/sys/fs/cgroup/system/cgroup.procs", "1");
    write_file("/sys/fs/cgroup/cgroup.subtree_control", "+cpu +memory +io +pids");
    write_file("/sys/fs/cgroup/cgroup.subtree_control", "+cpuset");
}

static void prepare_network(void)
{
    /* the part of struct ifreq that SIOCSIFFLAGS reads, padded to its size */
    struct { char name[16]; short flags; char rest[14]; } loopback = { "lo", 0x41 /* IFF_UP | IFF_RUNNING */, "" };
    int fd = my_syscall3(__NR_socket, AF_INET_FAMILY, SOCK_DGRAM_TYPE, 0);

    my_syscall3(__NR_ioctl, fd, SIOCSIFFLAGS, &loopback);
    close(fd);
    write_file("/proc/sys/net/ipv4/ip_forward", "1");
    /* Published ports answer on 127.0.0.1 too: the kernel may route it to a bridge. */
    write_file("/proc/sys/net/ipv4/conf/all/route_localnet", "1");
    write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

static void prepare_kernel(void)
{
    write_file("/proc/sys/fs/inotify/max_user_watches", "65536");
    write_file("/proc/sys/fs/inotify/max_user_instances", "512");
    write_file("/proc/sys/vm/overcommit_memory", "1");
    write_file("/proc/sys/kernel/printk", "4 4 1 7");
}

/* Monotonic; only differences are used. */
static long milliseconds(void)
{
    /* seconds and nanoseconds, 32 bits each: 64-bit division would need libgcc */
    long now[2] = { 0, 0 };

    my_syscall2(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, now);
    return now[0] * 1000 + now[1] / 1000000;
}

static void set_signal_mask(unsigned long mask)
{
    unsigned long set[2] = { mask, 0 };

    my_syscall4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, set, NULL, sizeof(set));
}

/* Waits for a signal of the set, at most the given time; negative means forever. Returns its number or a negative errno. */
static int wait_for_signal(unsigned long mask, long timeout_ms)
{
    unsigned long set[2] = { mask, 0 };
    struct __kernel_timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };

    return my_syscall4(__NR_rt_sigtimedwait_time64, set, NULL, timeout_ms < 0 ? NULL : &timeout, sizeof(set));
}

/* Soft and hard limit of open files, 64 bits each, as under systemd: the kernel's own is too low for servers. */
static const unsigned long open_files[4] = { 1024, 0, 524288, 0 };

struct service {
    char *argv[3];
    /* a controlling terminal, when not NULL */
    const char *terminal;
    /* where its output goes, when not NULL */
    const char *log;
    /* child_environment when NULL */
    char *const *environment;
    int pid;
    long started;
};

static void start(struct service *service)
{
    service->started = milliseconds();
    service->pid = fork();
    if (service->pid != 0)
        return;
    setsid();
    set_signal_mask(0);
    my_syscall4(__NR_prlimit64, 0, 7 /* RLIMIT_NOFILE */, open_files, NULL);
    if (service->terminal) {
        int fd = my_syscall3(__NR_open, service->terminal, O_RDWR, 0);

        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
        my_syscall3(__NR_ioctl, 0, 0x540E /* TIOCSCTTY */, 1);
    }
    if (service->log) {
        int fd = my_syscall3(__NR_open, service->log, O_WRONLY | O_CREAT | O_APPEND, 0640);

        dup2(fd, 1);
        dup2(fd, 2);
    }
    chdir("/root");
    execve(service->argv[0], service->argv, service->environment ? service->environment : child_environment);
    say("cannot run ", service->argv[0]);
    exit(127);
}

static void shut_down(unsigned int command)
{
    say(command == LINUX_REBOOT_CMD_RESTART ? "restarting" : "shutting down", NULL);
    my_syscall2(__NR_kill, -1, SIGTERM);
    for (long end = milliseconds() + SHUTDOWN_GRACE_MS; milliseconds() < end;) {
        wait_for_signal(SIGNAL_BIT(SIGCHLD), SHUTDOWN_GRACE_MS / 3);
        while (my_syscall4(__NR_wait4, -1, NULL, WNOHANG, NULL) > 0)
            ;
    }
    my_syscall2(__NR_kill, -1, SIGKILL);
    my_syscall0(__NR_sync);
    try_mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
    my_syscall4(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, NULL);
}

static __attribute__((noreturn)) void supervise(struct service *services, int count)
{
    const unsigned long signals = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGUSR2);
    long pause = -1;

    for (;;) {
        int signal = wait_for_signal(signals, pause);
        int pid;

        if (signal == SIGINT)
            shut_down(LINUX_REBOOT_CMD_RESTART);
        if (signal == SIGUSR1)
            shut_down(LINUX_REBOOT_CMD_HALT);
        if (signal == SIGUSR2)
            shut_down(LINUX_REBOOT_CMD_POWER_OFF);
        while ((pid = my_syscall4(__NR_wait4, -1, NULL, WNOHANG, NULL)) > 0)
            for (int i = 0; i < count; i++)
                if (services[i].pid == pid)
                    services[i].pid = 0;
        pause = -1;
        for (int i = 0; i < count; i++) {
            long wait = services[i].started + RESPAWN_PAUSE_MS - milliseconds();

            if (services[i].pid)
                continue;
            if (wait <= 0)
                start(&services[i]);
            else if (pause < 0 || wait < pause)
                pause = wait;
        }
    }
}

static int has_console_option(void)
{
    static char line[2048];
    int fd = my_syscall3(__NR_open, "/proc/cmdline", O_RDONLY, 0);
    long length = my_syscall3(__NR_read, fd, line, sizeof(line) - 1);

    close(fd);
    for (long i = 0; i < length; i++)
        if (memcmp(line + i, "drydock.console", 15) == 0)
            return 1;
    return 0;
}

static int ends_with(const char *text, const char *end)
{
    size_t text_length = strlen(text), end_length = strlen(end);

    return text_length >= end_length && memcmp(text + text_length - end_length, end, end_length) == 0;
}

/* overlay cannot have its upper directories on an overlay: images and containers live on the writable disk. */
static void prepare_dockerd(void)
{
    mkdir(DOCKERD_FILES, 0710);
    mkdir("/var/lib/docker", 0710);
    must_mount(DOCKERD_FILES, "/var/lib/docker", NULL, MS_BIND, NULL);
}

int main(int argc, char **argv)
{
    static struct service services[4];
    int count = 0;

    (void)argc;
    if (my_syscall0(__NR_getpid) != 1) {
        int signal = ends_with(argv[0], "reboot") ? SIGINT : ends_with(argv[0], "halt") ? SIGUSR1 : SIGUSR2;

        return my_syscall2(__NR_kill, 1, signal) < 0;
    }
    set_signal_mask(~0UL);
    assemble_root();
    mount_system();
    prepare_control_groups();
    prepare_network();
    prepare_kernel();
    my_syscall2(__NR_sethostname, "drydock", 7);

    if (exists(AGENT))
        services[count++].argv[0] = AGENT;
    else
        say("there is no agent in this machine: ", AGENT);
    if (count == 0 || has_console_option()) {
        services[count].argv[0] = "/bin/bash";
        services[count].argv[1] = "-l";
        services[count++].terminal = "/dev/ttyS0";
    }
    if (exists(DOCKERD)) {
        prepare_dockerd();
        services[count++] = (struct service){ .argv = { CONTAINERD }, .log = "/var/log/containerd.log" };
        services[count++] = (struct service){
            .argv = { DOCKERD, "--containerd=" CONTAINERD_SOCKET },
            .log = "/var/log/dockerd.log",
            .environment = dockerd_environment };
    }
    for (int i = 0; i < count; i++)
        start(&services[i]);
    supervise(services, count);
}
