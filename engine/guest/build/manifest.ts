import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ImageIndex } from '../../api/image-index.ts';
import { readLock } from './debian.ts';
import { distFolder } from './folders.ts';
import { digestOfFile, filesBelow, type Inputs } from './inputs.ts';

/** A file to fetch: path relative to the manifest. */
interface Artifact {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}
interface Profile {
  /** MiB */
  readonly memory: number;
  /** disks that become partitions 1, 2, … of the first drive */
  readonly partitions: readonly string[];
  readonly cmdline: string;
}
interface DescribedProfile extends Profile {
  /** of all compressed chunks of its partitions: what a machine fetches at most */
  readonly bytes: number;
}
interface Source {
  readonly package: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly licence: string;
  readonly part: string;
}
/** `dist/manifest.json`: everything a host needs to boot a machine. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly kernel: Artifact;
  readonly bios: Artifact;
  readonly vgaBios: Artifact;
  readonly disks: Readonly<Record<string, Artifact>>;
  readonly profiles: Readonly<Record<string, DescribedProfile>>;
  readonly images: string;
  readonly sources: readonly Source[];
}

/**
 * tsc=reliable and lpj: no calibration against emulated time. random.trust_cpu: the pool is ready at
 * once; `personalise` seeds it again. dummy.numdummies: no dummy0 that nobody asked for. Not `quiet`:
 * the serial log shows what the kernel does, and containers cost no more instructions for it.
 * vm.compaction_proactiveness: no look at the fragmentation of memory twice a second. init_on_free: free memory is zero, and so
 * no part of a saved state; pages that are handed out need not be cleared then.
 */
const cmdline =
  'root=/dev/sda1 rootfstype=erofs ro init=/sbin/drydock-init console=ttyS0 tsc=reliable lpj=5000000 random.trust_cpu=on dummy.numdummies=0 sysctl.vm.compaction_proactiveness=0 init_on_free=1';

const profiles: Readonly<Record<string, Profile>> = {
  docker: { memory: 256, partitions: ['base', 'agent', 'docker', 'compose'], cmdline },
  // Debian's own daemons: two large Go programs that collect their garbage late.
  'docker-reference': {
    memory: 384,
    partitions: ['base', 'agent', 'docker', 'docker-reference'],
    cmdline,
  },
  node: { memory: 256, partitions: ['base', 'agent', 'kubernetes'], cmdline },
  bare: { memory: 128, partitions: ['base', 'agent'], cmdline },
};

const diskNames = [
  'base',
  'agent',
  'docker',
  'compose',
  'docker-reference',
  'kubernetes',
  'scratch',
];

/** Describes what is in `dist`; parts that were never built are left out with the profiles that need them. */
export function writeManifest(): Manifest {
  const disks = Object.fromEntries(
    diskNames
      .filter((name) => existsSync(path.join(distFolder, name, 'disk.json')))
      .map((name) => [name, artifact(`${name}/disk.json`)]),
  );
  const manifest: Manifest = {
    formatVersion: 1,
    kernel: artifact('kernel/bzImage'),
    bios: artifact('bios/seabios.bin'),
    vgaBios: artifact('bios/vgabios.bin'),
    disks,
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([name, profile]) => [
        name,
        describe(
          profile,
          profile.partitions.filter((part) => part in disks),
        ),
      ]),
    ),
    images: 'images/index.json',
    sources: sources(),
  };
  writeFileSync(path.join(distFolder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function describe(profile: Profile, partitions: readonly string[]): DescribedProfile {
  const chunks = partitions.flatMap((part) => [
    ...filesBelow(path.join(distFolder, part, 'chunks')),
  ]);
  const bytes = chunks.reduce((sum, file) => sum + statSync(file).size, 0);
  return { ...profile, partitions, bytes };
}

function artifact(file: string): Artifact {
  const absolute = path.join(distFolder, file);
  return { path: file, sha256: digestOfFile(absolute), size: statSync(absolute).size };
}

function sources(): Source[] {
  const linux = recordedInputs('kernel')['package linux-source-6.1'] ?? '';
  const seabios = recordedInputs('bios')['package seabios'] ?? '';
  const found: Source[] = [
    {
      package: 'linux-source-6.1',
      version: linux,
      source: 'linux',
      sourceVersion: linux,
      licence: 'GPL-2.0-only',
      part: 'kernel',
    },
    {
      package: 'seabios',
      version: seabios,
      source: 'seabios',
      sourceVersion: seabios,
      licence: 'LGPL-3',
      part: 'bios',
    },
  ];
  for (const [part, packages] of Object.entries(readLock())) {
    for (const { package: name, version, source, sourceVersion, licence } of packages) {
      found.push({ package: name, version, source, sourceVersion, licence, part });
    }
  }
  return [...found, ...builtForImages(), ...['agent', 'compose', 'kubernetes'].flatMap(goSources)];
}

/** What was compiled for images from the source of other people. */
function builtForImages(): Source[] {
  const { repositories } = JSON.parse(
    readFileSync(path.join(distFolder, 'images', 'index.json'), 'utf8'),
  ) as ImageIndex;
  const packages = new Set(readLock()['images']?.map((locked) => locked.package));
  return Object.values(repositories)
    .flatMap((image) => image.sources)
    .filter(({ name, source }) => !packages.has(name) && source !== 'drydock')
    .map(({ name, version, source, sourceVersion, licence }) => ({
      package: name,
      version,
      source,
      sourceVersion,
      licence,
      part: 'images',
    }));
}

/** What is compiled into a Go program: Go's own library and the modules it uses. */
function goSources(part: string): Source[] {
  const inputs = recordedInputs(part);
  const go = /go([0-9.]+)/.exec(inputs['tool go'] ?? '')?.[1] ?? '';
  const found = [{ name: 'go', version: go, licence: 'BSD' }];
  for (const [label, value] of Object.entries(inputs)) {
    const [, name] = /^module (.*)$/.exec(label) ?? [];
    const [version = '', ...licence] = value.split(' ');
    if (name !== undefined) found.push({ name, version, licence: licence.join(' ') });
  }
  return found.map(({ name, version, licence }) => ({
    package: name,
    version,
    source: name,
    sourceVersion: version,
    licence,
    part,
  }));
}

function recordedInputs(part: string): Inputs {
  return JSON.parse(readFileSync(path.join(distFolder, part, 'inputs.json'), 'utf8')) as Inputs;
}
