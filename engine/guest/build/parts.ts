import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  closeSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildImages } from '../images/build-images.ts';
import { finishBase } from './base.ts';
import { chunkSize, cut, storeDisk } from './chunks.ts';
import { buildCrun, crunInputs } from './crun.ts';
import { fetchPackage, readLock, unpackPackage, type LockedPackage } from './debian.ts';
import { writeErofs } from './erofs.ts';
import { FileTree } from './file-tree.ts';
import { guestFolder, sourceDateEpoch } from './folders.ts';
import { buildGo, moduleInputs, pinnedVersion } from './go-program.ts';
import { digestOf, digestOfFile, digestOfFolder, type Inputs } from './inputs.ts';
import { buildInit, buildKernel, initInputs } from './kernel.ts';
import { finishDockerReference } from './docker-reference.ts';
import { kubernetesTree } from './kubernetes.ts';
import { checkLibraries } from './libraries.ts';
import { BuildError, run, versionOf } from './run.ts';

/** Something that is built, stored and replaced as a whole, in a folder of its name. */
export interface Part {
  readonly kind: 'file' | 'disk';
  /** Builds into the folder; `cache` holds downloads and build trees. Returns what went in. */
  build(output: string, cache: string): Inputs | Promise<Inputs>;
}

/** Partitions are aligned to this many bytes, and to chunks. */
const partitionAlignment = 1024 * 1024;
const hotFilesList = path.join(guestFolder, 'rootfs', 'hot-files.json');
const agentFolder = path.join(guestFolder, 'agent');
const composeFolder = path.join(guestFolder, 'compose');
const composeModule = 'github.com/docker/compose/v5';

export const parts: Readonly<Record<string, Part>> = {
  kernel: { kind: 'file', build: buildKernel },
  bios: { kind: 'file', build: copyBios },
  base: { kind: 'disk', build: buildBase },
  agent: { kind: 'disk', build: buildAgent },
  docker: { kind: 'disk', build: buildDocker },
  compose: { kind: 'disk', build: buildCompose },
  'docker-reference': { kind: 'disk', build: buildDockerReference },
  kubernetes: { kind: 'disk', build: buildKubernetes },
  scratch: { kind: 'disk', build: buildScratch },
  images: { kind: 'file', build: (output, cache) => buildImages(output, cache, buildOurs) },
};

function copyBios(output: string): Inputs {
  mkdirSync(output, { recursive: true });
  copyFileSync('/usr/share/seabios/bios.bin', path.join(output, 'seabios.bin'));
  copyFileSync('/usr/share/seabios/vgabios-stdvga.bin', path.join(output, 'vgabios.bin'));
  return { 'package seabios': run('dpkg-query', ['-W', '-f', '${Version}', 'seabios']).toString() };
}

async function buildBase(output: string, cache: string): Promise<Inputs> {
  const packages = readLock()['base'] ?? [];
  const tree = await unpack(packages);
  finishBase(tree, { init: buildInit(cache), crun: await buildCrun(cache) });
  checkLibraries(tree);
  storeTree(tree, 'base', output);
  return {
    ...packageInputs(packages),
    ...initInputs(),
    ...crunInputs(),
    'folder rootfs/files': digestOfFolder(path.join(guestFolder, 'rootfs', 'files')),
    'file rootfs/hot-files.json': digestOfFile(hotFilesList),
    'recipe base.ts': digestOfFile(path.join(guestFolder, 'build', 'base.ts')),
    'recipe erofs.ts': digestOfFile(path.join(guestFolder, 'build', 'erofs.ts')),
    'tool ldconfig': versionOf('ldconfig'),
    'tool zstd': versionOf('zstd'),
  };
}

async function unpack(packages: readonly LockedPackage[]): Promise<FileTree> {
  const tree = new FileTree();
  for (const locked of packages) await unpackPackage(fetchPackage(locked), tree);
  return tree;
}

async function buildDocker(output: string): Promise<Inputs> {
  const packages = readLock()['docker'] ?? [];
  const tree = await unpack(packages);
  const wanted =
    /^usr\/(bin\/(docker|tini-static)|share\/bash-completion\/completions\/docker|share\/doc\/[^/]+\/copyright)$/;
  tree.prune((file, node) => node.kind !== 'directory' && !wanted.test(file));
  tree.symlink('usr/bin/docker-init', 'tini-static');
  tree.pruneEmptyDirectories(['usr', 'var', 'etc', 'lib']);
  tree.prune((_, node) => node.kind === 'directory' && node.entries.size === 0);
  storeTree(tree, 'docker', output);
  return {
    ...packageInputs(packages),
    'recipe parts.ts': digestOfFile(path.join(guestFolder, 'build', 'parts.ts')),
    'recipe erofs.ts': digestOfFile(path.join(guestFolder, 'build', 'erofs.ts')),
    'tool zstd': versionOf('zstd'),
  };
}

async function buildDockerReference(output: string): Promise<Inputs> {
  const packages = readLock()['docker-reference'] ?? [];
  const tree = await unpack(packages);
  finishDockerReference(tree);
  checkLibraries(tree, [await unpack(readLock()['base'] ?? [])]);
  storeTree(tree, 'docker-reference', output);
  return {
    ...packageInputs(packages),
    'recipe docker-reference.ts': digestOfFile(
      path.join(guestFolder, 'build', 'docker-reference.ts'),
    ),
    'recipe erofs.ts': digestOfFile(path.join(guestFolder, 'build', 'erofs.ts')),
    'tool zstd': versionOf('zstd'),
  };
}

/** The agent stands alone, because it changes far more often than Debian's files do. */
function buildAgent(output: string, cache: string): Inputs {
  const binary = path.join(cache, 'drydock-agent');
  if (!existsSync(path.join(agentFolder, 'cmd', 'drydock-agent', 'main.go'))) {
    throw new BuildError('engine/guest/agent/cmd/drydock-agent holds no program');
  }
  buildOurs('drydock-agent', binary);
  const tree = new FileTree();
  tree.write('usr/sbin/drydock-agent', readFileSync(binary), 0o755);
  // Under this name it is the default network plugin of Kubernetes nodes.
  tree.symlink('opt/cni/bin/drydock', '../../../usr/sbin/drydock-agent');
  // … and under this one what asks the container runtime of such nodes.
  tree.symlink('usr/bin/crictl', '../sbin/drydock-agent');
  storeTree(tree, 'agent', output);
  return {
    'folder agent': digestOfFolder(
      agentFolder,
      (file) => !file.endsWith('_test.go') && !file.includes('testdata'),
    ),
    'recipe erofs.ts': digestOfFile(path.join(guestFolder, 'build', 'erofs.ts')),
    ...moduleInputs(binary, agentFolder),
    'tool go': versionOf('go', ['version']),
    'tool zstd': versionOf('zstd'),
  };
}

/** The plugin of Docker's client, which also runs by itself. Fetched when it is first used, as all of the disk is. */
function buildCompose(output: string, cache: string): Inputs {
  const binary = path.join(cache, 'docker-compose');
  const version = pinnedVersion(composeFolder, composeModule);
  buildGo(composeFolder, `${composeModule}/cmd`, binary, {
    linkFlags: [`-X ${composeModule}/internal.Version=${version}`],
  });
  const tree = new FileTree();
  tree.write('usr/libexec/docker/cli-plugins/docker-compose', readFileSync(binary), 0o755);
  tree.symlink('usr/bin/docker-compose', '../libexec/docker/cli-plugins/docker-compose');
  storeTree(tree, 'compose', output);
  return {
    'folder compose': digestOfFolder(composeFolder),
    'recipe erofs.ts': digestOfFile(path.join(guestFolder, 'build', 'erofs.ts')),
    ...moduleInputs(binary, composeFolder),
    'tool go': versionOf('go', ['version']),
    'tool zstd': versionOf('zstd'),
  };
}

/** Compiles `cmd/<name>` of the agent's module. */
function buildOurs(name: string, output: string): void {
  buildGo(agentFolder, `./cmd/${name}`, output);
}

function buildKubernetes(output: string, cache: string): Inputs {
  const { tree, inputs } = kubernetesTree(cache);
  storeTree(tree, 'kubernetes', output);
  return inputs;
}

/** Size of the writable disk; nearly all of it is holes until a machine writes. */
const scratchSize = 4 * 1024 * 1024 * 1024;

/**
 * An empty ext4 without journal: the host saves the whole disk with the machine's state, so a
 * crash between two writes cannot be. Without checksums nothing needs initialising either.
 */
function buildScratch(output: string): Inputs {
  const folder = mkdtempSync(path.join(tmpdir(), 'drydock-scratch-'));
  const image = path.join(folder, 'disk');
  const uuid = uuidOf('scratch');
  const features =
    '^has_journal,^resize_inode,^metadata_csum,^uninit_bg,^huge_file,^dir_nlink,sparse_super2,flex_bg,extent,filetype';
  try {
    const layout = `-q -t ext4 -b 4096 -N 131072 -G 32 -m 0 -O ${features} -U ${uuid} -L drydock`;
    const extended = `hash_seed=${uuid},lazy_itable_init=1,num_backup_sb=0,root_owner=0:0,nodiscard`;
    run('mke2fs', [...layout.split(' '), '-E', extended, image, `${scratchSize / 1024}k`], {
      env: { E2FSPROGS_FAKE_TIME: String(sourceDateEpoch) },
    });
    storeDisk(cutFile(image), output);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    'recipe parts.ts': digestOfFile(path.join(guestFolder, 'build', 'parts.ts')),
    'tool mke2fs': mke2fsVersion(),
    'tool zstd': versionOf('zstd'),
  };
}

function mke2fsVersion(): string {
  return run('dpkg-query', ['-W', '-f', '${Version}', 'e2fsprogs']).toString();
}

function* cutFile(file: string): Generator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    for (let at = 0; at < scratchSize; at += chunkSize) {
      const chunk = Buffer.alloc(chunkSize);
      readSync(descriptor, chunk, 0, chunkSize, at);
      yield chunk;
    }
  } finally {
    closeSync(descriptor);
  }
}

function storeTree(tree: FileTree, part: string, output: string): void {
  const order = JSON.parse(readFileSync(hotFilesList, 'utf8')) as readonly string[];
  const uuid = Buffer.from(uuidOf(part).replaceAll('-', ''), 'hex');
  const image = writeErofs(tree, {
    uuid,
    label: `drydock-${part}`,
    time: sourceDateEpoch,
    order,
    alignment: partitionAlignment,
  });
  storeDisk(cut(image), output);
}

/** A UUID that depends on nothing but the name. */
function uuidOf(name: string): string {
  const digest = digestOf(`drydock ${name}`);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

function packageInputs(packages: readonly LockedPackage[]): Inputs {
  return Object.fromEntries(
    packages.map((locked) => [`package ${locked.package}`, `${locked.version} ${locked.sha256}`]),
  );
}
