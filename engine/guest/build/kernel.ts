import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { cacheFolder, guestFolder, sourceDateEpoch } from './folders.ts';
import { digestOfFile, type Inputs } from './inputs.ts';
import { BuildError, run, versionOf } from './run.ts';

const sourcePackage = 'linux-source-6.1';
const archive = '/usr/src/linux-source-6.1.tar.xz';
const configFile = path.join(guestFolder, 'kernel', 'kernel.config');
const packer = path.join(guestFolder, 'kernel', 'store-lz4.mjs');
const initSource = path.join(guestFolder, 'rootfs', 'init', 'drydock-init.c');

/** Nothing of the machine that builds it may show in the kernel. */
const buildEnvironment = {
  KBUILD_BUILD_TIMESTAMP: new Date(sourceDateEpoch * 1000).toUTCString(),
  KBUILD_BUILD_USER: 'drydock',
  KBUILD_BUILD_HOST: 'drydock',
  KBUILD_BUILD_VERSION: '1',
};

/** Version of Debian's package that holds the kernel source. */
function kernelVersion(): string {
  return run('dpkg-query', ['-W', '-f', '${Version}', sourcePackage]).toString();
}

/** Unpacks Debian's kernel source once and returns its folder. */
function kernelSource(folder = cacheFolder): string {
  const tree = path.join(folder, 'linux');
  if (!existsSync(path.join(tree, 'Makefile'))) {
    mkdirSync(tree, { recursive: true });
    run('tar', ['-xf', archive, '-C', tree, '--strip-components=1']);
  }
  return tree;
}

/** Builds `bzImage`, about four minutes on two cores, into the folder. */
export function buildKernel(output: string, cache: string): Inputs {
  const tree = kernelSource(cache);
  const make = (...args: string[]): void => {
    run('nice', ['make', 'ARCH=i386', `LZ4=${packer}`, ...args], {
      cwd: tree,
      env: { ...buildEnvironment, KCONFIG_ALLCONFIG: configFile },
    });
  };
  make('allnoconfig');
  checkConfiguration(path.join(tree, '.config'));
  make(`-j${availableParallelism()}`, 'bzImage');
  mkdirSync(output, { recursive: true });
  copyFileSync(path.join(tree, 'arch', 'x86', 'boot', 'bzImage'), path.join(output, 'bzImage'));
  return {
    [`package ${sourcePackage}`]: kernelVersion(),
    'file kernel.config': digestOfFile(configFile),
    'file store-lz4.mjs': digestOfFile(packer),
    'tool gcc': versionOf('gcc'),
    'tool ld': versionOf('ld'),
  };
}

/** Kconfig drops silently what it cannot satisfy; here that is an error. */
function checkConfiguration(file: string): void {
  const actual = new Set(readFileSync(file, 'utf8').split('\n'));
  const lost = readFileSync(configFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('CONFIG_'))
    .filter((line) => {
      const [, option, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return value === 'n'
        ? [...actual].some((other) => other.startsWith(`${option}=`))
        : !actual.has(line);
    });
  if (lost.length > 0)
    throw new BuildError(
      `kernel.config asks for what this kernel does not do:\n${lost.join('\n')}`,
    );
}

/** Compiles the first process against the kernel's own minimal C library. */
export function buildInit(cache: string): Buffer {
  const output = path.join(cache, 'drydock-init');
  const compilerHeaders = run('gcc', ['-print-file-name=include']).toString().trim();
  const target =
    '-m32 -Os -static -nostdlib -ffreestanding -fno-pie -no-pie -s -Wl,--build-id=none';
  const code = '-fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident -Wall -Wextra';
  const headers = [
    compilerHeaders,
    path.join(kernelSource(cache), 'tools', 'include', 'nolibc'),
    '/usr/include/x86_64-linux-gnu',
    '/usr/include',
  ];
  const include = [
    '-nostdinc',
    ...headers.flatMap((folder) => ['-isystem', folder]),
    '-include',
    'nolibc.h',
  ];
  run('gcc', [...target.split(' '), ...code.split(' '), ...include, '-o', output, initSource]);
  return readFileSync(output);
}

export function initInputs(): Inputs {
  return {
    'file drydock-init.c': digestOfFile(initSource),
    [`package ${sourcePackage}`]: kernelVersion(),
    'package linux-libc-dev': run('dpkg-query', [
      '-W',
      '-f',
      '${Version}',
      'linux-libc-dev',
    ]).toString(),
    'tool gcc': versionOf('gcc'),
  };
}
