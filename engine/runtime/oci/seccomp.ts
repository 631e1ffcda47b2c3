/**
 * Docker's default seccomp profile as a ready BPF program for i386.
 *
 * The profile lists some 370 allowed names, which crun would have libseccomp compile at every
 * start, at the price of millions of guest instructions. The machine's kernel is known
 * (Linux 6.1, i386), so the same decisions are written down the other way round, as what is
 * refused, and compiled here into a binary search over system call numbers. crun takes the
 * program from its annotation `run.oci.seccomp_bpf_data` and loads it as it is.
 */

/** `AUDIT_ARCH_I386` of linux/audit.h */
const ARCH_I386 = 0x40000003;
/** The last system call of Linux 6.1. Later numbers are ENOSYS, as Docker answers for what its profile does not know. */
const LAST_SYSCALL = 450;

const EPERM = 1;
const ENOSYS = 38;

const RETURN_ALLOW = 0x7fff0000;
const RETURN_KILL_PROCESS = 0x80000000;
const returnErrno = (errno: number): number => 0x00050000 | errno;

/** System calls nobody gets, by number (arch/x86/entry/syscalls/syscall_32.tbl). */
const REFUSED: Readonly<Record<string, number>> = {
  oldstat: 18,
  oldfstat: 28,
  nice: 34,
  signal: 48,
  oldolduname: 59,
  sigaction: 67,
  sgetmask: 68,
  ssetmask: 69,
  sigsuspend: 72,
  sigpending: 73,
  oldlstat: 84,
  uselib: 86,
  swapon: 87,
  readdir: 89,
  olduname: 109,
  vm86old: 113,
  swapoff: 115,
  bdflush: 134,
  sysfs: 135,
  _sysctl: 149,
  vm86: 166,
  nfsservctl: 169,
  pivot_root: 217,
  kexec_load: 283,
  add_key: 286,
  request_key: 287,
  keyctl: 288,
  migrate_pages: 294,
  move_pages: 317,
  userfaultfd: 374,
  arch_prctl: 384,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
};

/** System calls that come with one of these capabilities. */
const CAPABLE: readonly (readonly [number: number, ...capabilities: string[]])[] = [
  [21, 'CAP_SYS_ADMIN'], // mount
  [22, 'CAP_SYS_ADMIN'], // umount
  [25, 'CAP_SYS_TIME'], // stime
  [51, 'CAP_SYS_PACCT'], // acct
  [52, 'CAP_SYS_ADMIN'], // umount2
  [61, 'CAP_SYS_CHROOT'], // chroot
  [74, 'CAP_SYS_ADMIN'], // sethostname
  [79, 'CAP_SYS_TIME'], // settimeofday
  [88, 'CAP_SYS_BOOT'], // reboot
  [101, 'CAP_SYS_RAWIO'], // ioperm
  [103, 'CAP_SYS_ADMIN', 'CAP_SYSLOG'], // syslog
  [110, 'CAP_SYS_RAWIO'], // iopl
  [111, 'CAP_SYS_TTY_CONFIG'], // vhangup
  [121, 'CAP_SYS_ADMIN'], // setdomainname
  [128, 'CAP_SYS_MODULE'], // init_module
  [129, 'CAP_SYS_MODULE'], // delete_module
  [131, 'CAP_SYS_ADMIN'], // quotactl
  [253, 'CAP_SYS_ADMIN'], // lookup_dcookie
  [264, 'CAP_SYS_TIME'], // clock_settime
  [274, 'CAP_SYS_NICE'], // mbind
  [275, 'CAP_SYS_NICE'], // get_mempolicy
  [276, 'CAP_SYS_NICE'], // set_mempolicy
  [310, 'CAP_SYS_ADMIN'], // unshare
  [336, 'CAP_SYS_ADMIN', 'CAP_PERFMON'], // perf_event_open
  [338, 'CAP_SYS_ADMIN'], // fanotify_init
  [342, 'CAP_DAC_READ_SEARCH'], // open_by_handle_at
  [346, 'CAP_SYS_ADMIN'], // setns
  [349, 'CAP_SYS_PTRACE'], // kcmp
  [350, 'CAP_SYS_MODULE'], // finit_module
  [357, 'CAP_SYS_ADMIN', 'CAP_BPF'], // bpf
  [404, 'CAP_SYS_TIME'], // clock_settime64
  [428, 'CAP_SYS_ADMIN'], // open_tree
  [429, 'CAP_SYS_ADMIN'], // move_mount
  [430, 'CAP_SYS_ADMIN'], // fsopen
  [431, 'CAP_SYS_ADMIN'], // fsconfig
  [432, 'CAP_SYS_ADMIN'], // fsmount
  [433, 'CAP_SYS_ADMIN'], // fspick
  [438, 'CAP_SYS_PTRACE'], // pidfd_getfd
  [440, 'CAP_SYS_PTRACE'], // process_madvise
  [442, 'CAP_SYS_ADMIN'], // mount_setattr
  [443, 'CAP_SYS_ADMIN'], // quotactl_fd
  [450, 'CAP_SYS_NICE'], // set_mempolicy_home_node
];

const CLONE = 120;
const PERSONALITY = 136;
const SOCKET = 359;
const CLONE3 = 435;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
const NAMESPACE_FLAGS = 0x7e020000;
/** PER_LINUX, PER_LINUX32, UNAME26, both, and the question what it is */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
const AF_VSOCK = 40;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number];
type Program = readonly Instruction[];

// linux/filter.h and linux/bpf_common.h
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;
/** offsets in `struct seccomp_data` */
const OFFSET_NUMBER = 0;
const OFFSET_ARCH = 4;
const OFFSET_FIRST_ARGUMENT = 16;

const allow: Program = [[RETURN, 0, 0, RETURN_ALLOW]];
const refuse: Program = [[RETURN, 0, 0, returnErrno(EPERM)]];
const unknown: Program = [[RETURN, 0, 0, returnErrno(ENOSYS)]];

/** The profile for a container with these capabilities (names with `CAP_`): instructions as the kernel takes them. */
export function defaultSeccompProgram(capabilities: readonly string[]): Uint8Array {
  const decisions = new Map<number, Program>();
  for (const number of Object.values(REFUSED)) decisions.set(number, refuse);
  for (const [number, ...needed] of CAPABLE) {
    if (!needed.some((capability) => capabilities.includes(capability)))
      decisions.set(number, refuse);
  }
  if (!capabilities.includes('CAP_SYS_ADMIN')) {
    decisions.set(
      CLONE,
      onFirstArgument([[JUMP_ANY_BIT, 0, 1, NAMESPACE_FLAGS], ...refuse, ...allow]),
    );
    decisions.set(CLONE3, unknown);
  }
  decisions.set(SOCKET, onFirstArgument([[JUMP_EQUAL, 0, 1, AF_VSOCK], ...refuse, ...allow]));
  decisions.set(
    PERSONALITY,
    onFirstArgument([
      ...PERSONALITIES.map((value, index): Instruction => [
        JUMP_EQUAL,
        PERSONALITIES.length - index,
        0,
        value,
      ]),
      ...refuse,
      ...allow,
    ]),
  );
  return encode([
    [LOAD_WORD, 0, 0, OFFSET_ARCH],
    [JUMP_EQUAL, 1, 0, ARCH_I386],
    [RETURN, 0, 0, RETURN_KILL_PROCESS],
    [LOAD_WORD, 0, 0, OFFSET_NUMBER],
    ...search(ranges(decisions)),
  ]);
}

interface Range {
  readonly first: number;
  readonly decision: Program;
}

/** Neighbours with the same decision are one range. */
function ranges(decisions: ReadonlyMap<number, Program>): Range[] {
  const found: Range[] = [];
  for (let number = 0; number <= LAST_SYSCALL + 1; number++) {
    const decision = number > LAST_SYSCALL ? unknown : (decisions.get(number) ?? allow);
    if (found.at(-1)?.decision !== decision) found.push({ first: number, decision });
  }
  return found;
}

/** A binary search tree; distances fit the 8 bits of a jump because the lower half is at most half of some 220 instructions. */
function search(all: readonly Range[]): Program {
  const middle = Math.floor(all.length / 2);
  const upperHalf = all[middle];
  if (all.length === 1 || upperHalf === undefined) return all[0]?.decision ?? unknown;
  const lower = search(all.slice(0, middle));
  const upper = search(all.slice(middle));
  return [[JUMP_GREATER_EQUAL, lower.length, 0, upperHalf.first], ...lower, ...upper];
}

function onFirstArgument(program: Program): Program {
  return [[LOAD_WORD, 0, 0, OFFSET_FIRST_ARGUMENT], ...program];
}

/** `struct sock_filter`: 2 bytes of code, 1 and 1 of jumps, 4 of k, little-endian. */
function encode(program: Program): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, jumpTrue, jumpFalse, k], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jumpTrue);
    view.setUint8(index * 8 + 3, jumpFalse);
    view.setUint32(index * 8 + 4, k, true);
  });
  return bytes;
}
