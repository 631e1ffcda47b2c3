/**
 * Shell scripts that look at a container from its machine; each one process or a few, because instructions of an emulated
 * processor are dear. $1 is the container's id. Exit status 3: it has no process here.
 */

/** Sets d, the container's cgroup, and p, its first process. */
const FIND = `
for d in /sys/fs/cgroup/docker/$1 /sys/fs/cgroup/kubepods/pod*/$1 /sys/fs/cgroup/kubepods/*/pod*/$1; do
  [ -e $d/cgroup.procs ] && break
done
read -r p < $d/cgroup.procs || exit 3
[ -n "$p" ] || exit 3
`;

/** Between parts of what a script prints. */
export const PART = '--drydock--';
const part = `echo ${PART}`;

export const LOOKS = {
  processes: `${FIND}
grep -H -E '^(Name|PPid|NSpid|Uid):' $(sed 's|.*|/proc/&/status|' $d/cgroup.procs) 2>/dev/null
${part}
while read -r q; do printf '%s ' $q; tr '\\0' ' ' < /proc/$q/cmdline; echo; done < $d/cgroup.procs`,
  namespaces: `${FIND}
cd /proc/$p/ns && readlink *
${part}
cd /proc/1/ns && readlink *`,
  cgroup: `${FIND}
cd $d && echo $d && grep -s '' cpu.max cpu.weight cpu.stat memory.current memory.max memory.peak memory.events pids.current pids.max
${part}
cd .. && pwd && grep -s '' cpu.max cpu.weight memory.current memory.max pids.current pids.max`,
  mounts: `${FIND}
cat /proc/$p/mountinfo
${part}
u=$(sed -n '/ \\/ \\/ .*upperdir=/s/.*upperdir=\\([^, ]*\\).*/\\1/p' /proc/$p/mountinfo | head -n 1)
[ -n "$u" ] && cd $u && find . -mindepth 1 | head -n 200`,
  network: `${FIND}
nsenter -t $p -n ip -br address
${part}
nsenter -t $p -n ip route
${part}
nft list ruleset`,
} as const;

export type LookName = keyof typeof LOOKS;

/** Exit status of a script whose container has no process on the machine. */
export const NOT_HERE = 3;

/** What a script printed, part by part. */
export function partsOf(printed: string): readonly string[] {
  return printed.split(`${PART}\n`);
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** A process of a container. */
export interface ProcessLook {
  /** as the machine counts, and as the container does */
  readonly pid: number;
  readonly innerPid: number;
  /** 0 for the container's first process */
  readonly depth: number;
  /** as the machine has it */
  readonly uid: string;
  readonly command: string;
}

/** Parents before their children. */
export function processesOf([
  status = '',
  commands = '',
]: readonly string[]): readonly ProcessLook[] {
  const fields = new Map<number, Record<string, string>>();
  for (const line of linesOf(status)) {
    const [, pid = '', name = '', value = ''] =
      /^\/proc\/(\d+)\/status:(\w+):\s*(.*)$/.exec(line) ?? [];
    const known = fields.get(Number(pid)) ?? {};
    fields.set(Number(pid), known);
    known[name] = value;
  }
  const commandLines = new Map(
    linesOf(commands).map((line) => {
      const [pid = '', ...command] = line.trim().split(' ');
      return [Number(pid), command.join(' ')] as const;
    }),
  );
  const found: ProcessLook[] = [];
  const add = (pid: number, depth: number): void => {
    const { Name = '', NSpid = '', Uid = '' } = fields.get(pid) ?? {};
    found.push({
      pid,
      innerPid: Number(NSpid.split(/\s+/).at(-1)),
      depth,
      uid: Uid.split(/\s+/)[0] ?? '',
      // Kernel threads and zombies have no command line.
      command: commandLines.get(pid) || `[${Name}]`,
    });
    for (const [child, { PPid }] of fields) if (Number(PPid) === pid) add(child, depth + 1);
  };
  for (const [pid, { PPid }] of fields) if (!fields.has(Number(PPid))) add(pid, 0);
  return found;
}

export interface NamespaceLook {
  readonly type: string;
  /** number of the namespace */
  readonly container: string;
  readonly machine: string;
  readonly isShared: boolean;
}

export function namespacesOf([
  container = '',
  machine = '',
]: readonly string[]): readonly NamespaceLook[] {
  const read = (text: string): ReadonlyMap<string, string> =>
    new Map(
      linesOf(text).map((line) => {
        const [, type = '', number = ''] = /^(\w+):\[(\d+)\]$/.exec(line) ?? [];
        return [type, number] as const;
      }),
    );
  const ofMachine = read(machine);
  return [...read(container)].map(([type, number]) => ({
    type,
    container: number,
    machine: ofMachine.get(type) ?? '',
    isShared: ofMachine.get(type) === number,
  }));
}

export interface CgroupLook {
  /** on the machine */
  readonly path: string;
  readonly values: readonly { readonly file: string; readonly value: string }[];
}

/** Of the container, and of the one around it: a Pod's, or Docker's. */
export function cgroupsOf(parts: readonly string[]): readonly CgroupLook[] {
  return parts.map((text) => {
    const [path = '', ...lines] = linesOf(text);
    return {
      path,
      values: lines.map((line) => {
        const colon = line.indexOf(':');
        return { file: line.slice(0, colon), value: line.slice(colon + 1) };
      }),
    };
  });
}

export interface MountLook {
  readonly at: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

/** An overlay file system's directories, on the machine. */
export interface LayersLook {
  /** the uppermost first */
  readonly lower: readonly string[];
  readonly upper: string;
  /** files that the container has made, changed or removed */
  readonly changed: readonly string[];
}

export function mountsOf([mountinfo = '', changed = '']: readonly string[]): {
  readonly mounts: readonly MountLook[];
  readonly layers: LayersLook | undefined;
} {
  const parsed = linesOf(mountinfo).map((line) => {
    // 36 35 98:0 /root /mount/point options optional… - type source superOptions
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , at = '', options = ''] = before.split(' ');
    const [type = '', source = '', superOptions = ''] = after.split(' ');
    return { at, type, source, options, superOptions };
  });
  const root = parsed.find(({ at, type }) => at === '/' && type === 'overlay');
  const option = (name: string): string =>
    root?.superOptions
      .split(',')
      .find((each) => each.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? '';
  return {
    mounts: parsed.map(({ at, type, source, options }) => ({ at, type, source, options })),
    layers:
      root === undefined
        ? undefined
        : {
            lower: option('lowerdir').split(':'),
            upper: option('upperdir'),
            changed: linesOf(changed).map((file) => file.replace(/^\.\//, '/')),
          },
  };
}

export interface NetworkLook {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  /** rules and sets of the machine's kernel that name one of the addresses, with the chains they are in */
  readonly rules: string;
}

export function networkOf([
  addresses = '',
  routes = '',
  ruleset = '',
]: readonly string[]): NetworkLook {
  const ips = [...addresses.matchAll(/(\d+\.\d+\.\d+\.\d+)\//g)].flatMap(([, ip]) =>
    ip === undefined || ip.startsWith('127.') ? [] : [ip],
  );
  return {
    addresses: linesOf(addresses),
    routes: linesOf(routes),
    rules: rulesAbout(ruleset, ips),
  };
}

/** The lines of a ruleset that have one of these addresses, below the heads of the blocks they are in. */
function rulesAbout(ruleset: string, ips: readonly string[]): string {
  const wanted = new RegExp(
    `(?<![\\d.])(?:${ips.map((ip) => ip.replaceAll('.', '\\.')).join('|')})(?![\\d.])`,
  );
  if (ips.length === 0) return '';
  const heads: { readonly line: string; isShown: boolean }[] = [];
  const found: string[] = [];
  for (const line of ruleset.split('\n')) {
    if (line.trim() === '}') heads.pop();
    else if (wanted.test(line)) {
      for (const head of heads) {
        if (!head.isShown) found.push(head.line);
        head.isShown = true;
      }
      found.push(line);
    } else if (line.endsWith('{')) heads.push({ line, isShown: false });
  }
  return found.join('\n');
}
