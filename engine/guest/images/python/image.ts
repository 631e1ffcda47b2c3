import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePackages } from '../image-packages.ts';
import type { LayerStack } from '../layer-stack.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import { runInTree } from '../run-in-tree.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

const pythonPackages = [
  'libbz2-1.0',
  'libexpat1',
  'libffi8',
  'liblzma5',
  'libpython3.11-minimal',
  'libpython3.11-stdlib',
  'libreadline8',
  'libuuid1',
  'python3.11-minimal',
];

/** Parts of the library that need what is not here, or that nobody runs in a container. */
const unwanted = [
  /^usr\/lib\/python3\.11\/(test|idlelib|tkinter|turtledemo|lib2to3|pydoc_data|ensurepip|curses|dbm)\//,
  /^usr\/lib\/python3\.11\/(turtle|nntplib|telnetlib)\.py$/,
  /\/lib-dynload\/(_codecs_(cn|hk|iso2022|jp|kr|tw)|_curses.*|_dbm|_sqlite3|_test.*|_xxtestfuzz|_xxsubinterpreters|audioop|nis|ossaudiodev|spwd|xxlimited.*)\.cpython/,
  /^usr\/lib\/python3\.11\/sqlite3\//,
  /^usr\/(share\/(binfmts|applications|pixmaps)|lib\/binfmt\.d)\//,
];
const isWanted = (path: string): boolean => !unwanted.some((pattern) => pattern.test(path));

/** `python`: the interpreter and its library, without compilers and without pip. */
export async function python(
  packages: ImagePackages,
  { debianWithTls }: BaseImages,
): Promise<ImageRecipe> {
  const { full, minor, major } = releaseOf(packages.get('python3.11-minimal').version);
  const installed = await debianWithTls
    .note('ENV LANG=C.UTF-8', `ENV PYTHON_VERSION=${full}`)
    .install(
      packages,
      pythonPackages,
      (tree) => {
        for (const name of ['python', `python${major}`, `python${minor}`])
          tree.symlink(`usr/local/bin/${name}`, `/usr/bin/python${minor}`);
      },
      isWanted,
    );
  const image = await compiled(installed);
  return {
    repository: 'library/python',
    tags: ['latest', 'slim', full, `${minor}-slim`, minor, major],
    description: 'The Python language',
    differences: [
      'Debian’s Python 3.11 on a slim Debian, as small as the tags with “slim”; also under the other tags.',
      'Without pip (there is no package index to reach), sqlite3, curses, tkinter, East Asian codecs and tests.',
    ],
    ...image.note('CMD ["python3"]').contents(packages),
    config: {
      Env: [defaultPath, 'LANG=C.UTF-8', `PYTHON_VERSION=${full}`],
      Cmd: ['python3'],
    },
  };
}

/** With the bytecode of the usual modules, which saves the emulated processor a second at each start. */
async function compiled(installed: LayerStack): Promise<LayerStack> {
  const script = await readFile(join(import.meta.dirname, 'compile.py'), 'utf8');
  const withScript = installed.tree.copy().file('compile.py', script);
  const result = await runInTree(withScript, ['/usr/bin/python3.11', '-s', '-B', '/compile.py']);
  return installed.layer('RUN python3 -m compileall', (tree) => {
    for (const path of result.paths()) {
      const file = result.get(path);
      if (file?.kind === 'file' && path.endsWith('.pyc')) tree.set(path, { ...file, mode: 0o644 });
    }
  });
}
