import type { HostPathVolumeSource } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { NodeAgent } from '../contracts.ts';
import { statOf } from './node-files.ts';

type FileType = 'File' | 'Directory' | 'Socket' | 'CharDevice' | 'BlockDevice';

/** What `stat` of coreutils calls them. */
const TYPES: Readonly<Record<string, FileType>> = {
  'regular file': 'File',
  'regular empty file': 'File',
  directory: 'Directory',
  socket: 'Socket',
  'character special file': 'CharDevice',
  'block special file': 'BlockDevice',
};

const WANTED: Readonly<Record<string, { readonly type: FileType; readonly word: string }>> = {
  Directory: { type: 'Directory', word: 'directory' },
  DirectoryOrCreate: { type: 'Directory', word: 'directory' },
  File: { type: 'File', word: 'file' },
  FileOrCreate: { type: 'File', word: 'file' },
  Socket: { type: 'Socket', word: 'socket file' },
  CharDevice: { type: 'CharDevice', word: 'character device' },
  BlockDevice: { type: 'BlockDevice', word: 'block device' },
};

/**
 * Makes sure that a path of the node is what the volume says it is, or makes it where it may
 * (k8s.io/kubernetes pkg/volume/hostpath). Without a type, a missing directory is made as well, as container
 * runtimes do before they mount it.
 * @param mode of a directory that is made
 * @throws Error with upstream's message
 */
export async function prepareHostPath(
  agent: NodeAgent,
  { path, type = '' }: HostPathVolumeSource,
  mode = 0o755,
): Promise<void> {
  if (path.split('/').includes('..'))
    throw new Error(`invalid HostPath \`${path}\`: must not contain '..'`);
  const found = await typeOf(agent, path);
  if (found === undefined) {
    if (type === '' || type === 'DirectoryOrCreate') {
      await agent.call('file.mkdir', { path, mode });
      return;
    }
    if (type === 'FileOrCreate') {
      await agent.writeFile(path, '', { mode: 0o644 });
      return;
    }
  }
  if (type === '') return;
  const wanted = WANTED[type];
  if (wanted === undefined) throw new Error(`${type} is an invalid volume type`);
  if (found === wanted.type) return;
  throw new Error(
    found === undefined
      ? `hostPath type check failed, ${path} is not a ${wanted.word}, unable to determine its type: path ${goQuote(path)} does not exist`
      : `hostPath type check failed: ${path} is not a ${wanted.word}, it's a ${found}`,
  );
}

/** undefined when nothing is there; '' for what Kubernetes has no name for */
async function typeOf(agent: NodeAgent, path: string): Promise<FileType | '' | undefined> {
  const info = await statOf(agent, path);
  switch (info?.kind) {
    case undefined:
      return undefined;
    case 'file':
      return 'File';
    case 'directory':
      return 'Directory';
    case 'socket':
      return 'Socket';
    case 'device':
      return info?.device?.type === 'block' ? 'BlockDevice' : 'CharDevice';
    case 'fifo':
      return '';
    case 'symlink': {
      const argv = ['stat', '--dereference', '--format=%F', '--', path];
      const { exit, stdout } = await agent.call('run', { argv });
      return exit.code === 0 ? (TYPES[stdout.trim()] ?? '') : undefined;
    }
  }
}
