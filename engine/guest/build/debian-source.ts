import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fetchPackage, readLock, unpackPackage } from './debian.ts';
import { FileTree } from './file-tree.ts';
import { sourceDateEpoch } from './folders.ts';
import { digestOf, digestOfFile, filesBelow, type Inputs } from './inputs.ts';
import { BuildError, run, versionOf } from './run.ts';

/** A Debian source package, pinned, to be built for the machine. */
export interface DebianSource {
  readonly name: string;
  readonly version: string;
  /** file → SHA-256 */
  readonly files: Readonly<Record<string, string>>;
  /** part of `rootfs/packages.json` with the development packages it is built against */
  readonly buildPart: string;
}

/** Where a source was unpacked, and what builds it for i386 without installing anything on this computer. */
export interface SourceTree {
  /** the unpacked and patched source */
  readonly folder: string;
  /** `CC` is a compiler for the machine; nothing in it tells where the build runs, as programs like to remember how they were built */
  readonly env: Readonly<Record<string, string>>;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Unpacks a source and its sysroot below `root`, which is emptied first. */
export async function prepareSource(source: DebianSource, root: string): Promise<SourceTree> {
  rmSync(root, { recursive: true, force: true });
  await unpackSysroot(path.join(root, 'sysroot'), source.buildPart);
  return {
    folder: unpackSource(source, root),
    env: {
      CC: writeCompiler(root),
      PATH: `${path.join(root, 'bin')}:${process.env['PATH']}`,
      PKG_CONFIG: 'false',
      SOURCE_DATE_EPOCH: String(sourceDateEpoch),
      // Some note the revision of the repository they find themselves in.
      GIT_CEILING_DIRECTORIES: root,
    },
  };
}

/** Puts a compiler into `bin` that finds the sysroot, and returns its name. */
function writeCompiler(root: string): string {
  const name = 'i386-machine-gcc';
  const sysroot = path.join(root, 'sysroot');
  const libraries = path.join(sysroot, 'usr', 'lib', 'i386-linux-gnu');
  const compiler = path.join(sysroot, 'usr', 'lib', 'gcc', 'i686-linux-gnu', '12');
  const headers = path.join(sysroot, 'usr', 'include', 'i386-linux-gnu');
  const flags = `-m32 --sysroot=${sysroot} -B${libraries} -B${compiler} -isystem ${headers} -L${libraries} -L${compiler}`;
  const script = `#!/bin/sh\nexec gcc ${flags} -ffile-prefix-map=${root}=/ "$@"\n`;
  mkdirSync(path.join(root, 'bin'));
  writeFileSync(path.join(root, 'bin', name), script, { mode: 0o755 });
  return name;
}

/** Debian's i386 development packages, unpacked. */
async function unpackSysroot(folder: string, part: string): Promise<void> {
  const tree = new FileTree();
  // The C library's linker script names /lib.
  tree.symlink('lib', 'usr/lib');
  for (const locked of readLock()[part] ?? []) await unpackPackage(fetchPackage(locked), tree);
  mkdirSync(folder, { recursive: true });
  for (const [file, node] of tree.walk()) {
    const target = path.join(folder, file);
    if (node.kind === 'directory') mkdirSync(target, { recursive: true });
    else if (node.kind === 'file') writeFileSync(target, node.content, { mode: node.mode });
    else if (node.kind === 'symlink') symlinkSync(node.target.replace(/^\//, `${folder}/`), target);
  }
}

/** Debian's archives that this computer's apt knows, each with its suite: `http://… bookworm`. */
function archives(): string[] {
  const format = '$(REPO_URI) $(RELEASE)';
  const filters = ['Created-By: Packages', 'Origin: Debian', 'Component: main'];
  const targets = run('apt-get', ['indextargets', '--format', format, ...filters]).toString();
  return [...new Set(targets.split('\n').filter((line) => line !== ''))];
}

/** Fetches Debian's source package through apt, checks it and applies Debian's patches. */
function unpackSource({ name, version, files }: DebianSource, root: string): string {
  const lists = path.join(root, 'apt');
  mkdirSync(path.join(lists, 'partial'), { recursive: true });
  const sources = path.join(root, 'sources.list');
  writeFileSync(
    sources,
    archives()
      .map((archive) => `deb-src [signed-by=${keyring}] ${archive} main\n`)
      .join(''),
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
  run('apt-get', [...options, 'source', `${name}=${version}`], { cwd: root });
  for (const [file, sha256] of Object.entries(files)) {
    const fetched = path.join(root, file);
    if (!existsSync(fetched) || digestOfFile(fetched) !== sha256)
      throw new BuildError(`${file} is not the pinned source of ${name} ${version}`);
  }
  const folder = readdirSync(root).find((entry) => entry.startsWith(`${name}-`));
  if (folder === undefined) throw new BuildError(`the source package of ${name} holds no folder`);
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

export function sourceInputs({ name, version, files, buildPart }: DebianSource): Inputs {
  const packages = readLock()[buildPart] ?? [];
  return {
    [`source ${name}`]: `${version} ${digestOf(JSON.stringify(files))}`,
    ...Object.fromEntries(
      packages.map((locked) => [`package ${locked.package}`, `${locked.version} ${locked.sha256}`]),
    ),
    'recipe debian-source.ts': digestOfFile(import.meta.filename),
    'tool gcc': versionOf('gcc'),
    'tool ld': versionOf('ld'),
  };
}
