import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { prepareSource, sourceInputs, type DebianSource } from './debian-source.ts';
import { digestOf, digestOfFile, type Inputs } from './inputs.ts';
import { run } from './run.ts';

/**
 * crun from Debian's source, but static and without systemd. Debian's own binary spends
 * 4 of the 11 million guest instructions of a container's start in the dynamic linker, binding
 * libsystemd, libgcrypt and what they need. Nothing else differs: same version, same patches.
 */
const source: DebianSource = {
  name: 'crun',
  version: '1.8.1-1+deb12u1',
  files: {
    'crun_1.8.1.orig.tar.xz': '01b68269d94e5fe11106a9b14c2f144be03b16ec798951f4efa6aa16ba9da29a',
    'crun_1.8.1-1+deb12u1.debian.tar.xz':
      '4688a1fea2d19c6e2e38f5bad8c9c5f85be4d6033eb91dbb241c413e647e59e0',
  },
  buildPart: 'crun-build',
};

/** Builds the program, once for each set of inputs. */
export async function buildCrun(cache: string): Promise<Buffer> {
  const output = path.join(cache, `crun-${digestOf(JSON.stringify(crunInputs())).slice(0, 16)}`);
  if (existsSync(output)) return readFileSync(output);
  const { folder, env: tools } = await prepareSource(source, path.join(cache, 'crun'));
  const env = {
    ...tools,
    CFLAGS: '-O2 -g0 -fno-pie -no-pie',
    LDFLAGS: '-static -no-pie -Wl,--build-id=none',
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
  run('./configure', ['--host=i686-linux-gnu', ...switches, ...found], { cwd: folder, env });
  const make = (...args: string[]): Buffer =>
    run('nice', ['make', `-j${availableParallelism()}`, ...args], { cwd: folder, env });
  make('-C', 'libocispec', 'libocispec.la');
  make('git-version.h');
  make('crun', 'LDFLAGS=-all-static -no-pie -Wl,--build-id=none');
  run('strip', ['--strip-all', '-R', '.comment', '-o', output, path.join(folder, 'crun')]);
  return readFileSync(output);
}

export function crunInputs(): Inputs {
  return { ...sourceInputs(source), 'recipe crun.ts': digestOfFile(import.meta.filename) };
}
