import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fetchPackage, readLock, unpackPackage } from './debian.ts';
import { FileTree } from './file-tree.ts';
import { sourceDateEpoch } from './folders.ts';
import { digestOf, digestOfFile, filesBelow, type Inputs } from './inputs.ts';
import { BuildError, run, versionOf } from './run.ts';

/**
 * crun from Debian's source, but static and without systemd. Debian's own binary spends
 * 4 of the 11 million guest instructions of a container's start in the dynamic linker, binding
 * libsystemd, libgcrypt and what they need. Nothing else differs: same version, same patches.
 */
const version = '1.8.1-1+deb12u1';
const sourceFiles: Readonly<Record<string, string>> = {
  'crun_1.8.1.orig.tar.xz': '01b68269d94e5fe11106a9b14c2f144be03b16ec798951f4efa6aa16ba9da29a',
  'crun_1.8.1-1+deb12u1.debian.tar.xz':
    '4688a1fea2d19c6e2e38f5bad8c9c5f85be4d6033eb91dbb241c413e647e59e0',
};
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const mirror = 'http://deb.debian.org';

/** Builds the program, once for each set of inputs. */
export async function buildCrun(cache: string): Promise<Buffer> {
  const root = path.join(cache, 'crun');
  const output = path.join(cache, `crun-${digestOf(JSON.stringify(crunInputs())).slice(0, 16)}`);
  if (existsSync(output)) return readFileSync(output);
  rmSync(root, { recursive: true, force: true });
  const sysroot = path.join(root, 'sysroot');
  await unpackSysroot(sysroot);
  const source = unpackSource(root);
  const libraries = path.join(sysroot, 'usr', 'lib', 'i386-linux-gnu');
  const compiler = path.join(sysroot, 'usr', 'lib', 'gcc', 'i686-linux-gnu', '12');
  const headers = path.join(sysroot, 'usr', 'include', 'i386-linux-gnu');
  const env = {
    CC: `gcc -m32 --sysroot=${sysroot} -B${libraries} -B${compiler} -isystem ${headers} -L${libraries} -L${compiler}`,
    CFLAGS: `-O2 -g0 -fno-pie -no-pie -ffile-prefix-map=${root}=/`,
    LDFLAGS: '-static -no-pie -Wl,--build-id=none',
    PKG_CONFIG: 'false',
    SOURCE_DATE_EPOCH: String(sourceDateEpoch),
    // Without pkg-config, configure looks for the shared library only.
    ac_cv_search_yajl_tree_get: '-lyajl_s',
  };
  const switches = [
    '--disable-systemd',
    '--disable-shared',
    '--enable-static',
    '--disable-dl',
    '--disable-criu',
  ];
  const found = [
    'CAP_LIBS=-lcap',
    'SECCOMP_LIBS=-lseccomp',
    'YAJL_CFLAGS= ',
    'YAJL_LIBS=-lyajl_s -lm',
  ];
  run('./configure', ['--host=i686-linux-gnu', ...switches, ...found], { cwd: source, env });
  const make = (...args: string[]): Buffer =>
    run('nice', ['make', `-j${availableParallelism()}`, ...args], { cwd: source, env });
  make('-C', 'libocispec', 'libocispec.la');
  make('git-version.h');
  make('crun', 'LDFLAGS=-all-static -no-pie -Wl,--build-id=none');
  run('strip', ['--strip-all', '-R', '.comment', '-o', output, path.join(source, 'crun')]);
  return readFileSync(output);
}

/** Debian's i386 development packages, unpacked: nothing is installed on the computer that builds. */
async function unpackSysroot(folder: string): Promise<void> {
  const tree = new FileTree();
  for (const locked of readLock()['crun-build'] ?? [])
    await unpackPackage(fetchPackage(locked), tree);
  for (const [file, node] of tree.walk()) {
    const target = path.join(folder, file);
    if (node.kind === 'directory') mkdirSync(target, { recursive: true });
    else if (node.kind === 'file') writeFileSync(target, node.content, { mode: node.mode });
  }
}

/** Fetches Debian's source package through apt, checks it and applies Debian's patches. */
function unpackSource(root: string): string {
  const lists = path.join(root, 'apt');
  mkdirSync(path.join(lists, 'partial'), { recursive: true });
  const sources = path.join(root, 'sources.list');
  const suites = ['/debian bookworm', '/debian-security bookworm-security'];
  writeFileSync(
    sources,
    suites.map((suite) => `deb-src [signed-by=${keyring}] ${mirror}${suite} main\n`).join(''),
  );
  const options = [
    '-q',
    '-o',
    `Dir::Etc::sourcelist=${sources}`,
    '-o',
    'Dir::Etc::sourceparts=/dev/null',
    '-o',
    `Dir::State::lists=${lists}`,
  ];
  run('apt-get', [...options, 'update'], { cwd: root });
  run('apt-get', [...options, 'source', `crun=${version}`], { cwd: root });
  for (const [name, sha256] of Object.entries(sourceFiles)) {
    const file = path.join(root, name);
    if (!existsSync(file) || digestOfFile(file) !== sha256)
      throw new BuildError(`${name} is not the pinned source of crun ${version}`);
  }
  const folder = readdirSync(root).find((name) => name.startsWith('crun-'));
  if (folder === undefined) throw new BuildError('the source package of crun holds no folder');
  settleTimes(path.join(root, folder));
  return path.join(root, folder);
}

/** Patched files are newer than what autotools made of them: make would want to run autotools again. */
function settleTimes(folder: string): void {
  for (const file of filesBelow(folder)) {
    const generated = /(^|\/)(configure|config\.h\.in|Makefile\.in)$/.test(file);
    const late = /(^|\/)aclocal\.m4$/.test(file) ? 1 : generated ? 2 : 0;
    utimesSync(file, sourceDateEpoch + late, sourceDateEpoch + late);
  }
}

export function crunInputs(): Inputs {
  const packages = readLock()['crun-build'] ?? [];
  return {
    'source crun': `${version} ${digestOf(JSON.stringify(sourceFiles))}`,
    ...Object.fromEntries(
      packages.map((locked) => [`package ${locked.package}`, `${locked.version} ${locked.sha256}`]),
    ),
    'recipe crun.ts': digestOfFile(import.meta.filename),
    'tool gcc': versionOf('gcc'),
    'tool ld': versionOf('ld'),
  };
}
