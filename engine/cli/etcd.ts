import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { openEtcd, type EtcdServer } from '../etcd/etcd-server.ts';
import { restoreSnapshot } from '../etcd/restore.ts';
import { lockDirectory } from '../storage/directory-lock.node.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { UsageError } from './usage-error.ts';

/** `etcd snapshot|restore|status`: works on the data of a cluster that is not running. */
export async function runEtcd(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  const { data, file } = parse(rest, command !== 'status');
  const unlock = await lockDirectory(data);
  try {
    switch (command) {
      case 'snapshot':
        await withEtcd(data, (etcd) => save(etcd, file));
        break;
      case 'restore':
        await restoreSnapshot(await storageOf(data), createReadStream(file), cryptoRandom);
        break;
      case 'status':
        break;
      default:
        throw new UsageError(`Unknown command: etcd ${command ?? ''}`);
    }
    await withEtcd(data, describe);
  } finally {
    await unlock();
  }
  return 0;
}

function parse(argv: readonly string[], wantsFile: boolean): { data: string; file: string } {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { data: { type: 'string' } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { data } = parsed.values;
  const [file, ...more] = parsed.positionals;
  if (data === undefined) throw new UsageError("--data wants the cluster's directory.");
  if (more.length > 0 || (file !== undefined) !== wantsFile)
    throw new UsageError(wantsFile ? 'Name one file.' : 'There are too many arguments.');
  return { data: path.resolve(data), file: path.resolve(file ?? '') };
}

/** Where `cluster start --data` keeps it. */
function storageOf(data: string): Promise<FileStorage> {
  return FileStorage.open(path.join(data, 'etcd'));
}

async function withEtcd(data: string, use: (etcd: EtcdServer) => Promise<void>): Promise<void> {
  const etcd = await openEtcd({
    storage: await storageOf(data),
    clock: systemClock,
    random: cryptoRandom,
    onError: toStandardError('etcd'),
  });
  try {
    await use(etcd);
  } finally {
    await etcd.close();
  }
}

/** Under its name only when it is whole. */
async function save(etcd: EtcdServer, file: string): Promise<void> {
  const part = `${file}.part`;
  const target = await open(part, 'w');
  try {
    for await (const bytes of await etcd.snapshot()) await target.write(bytes);
    await target.sync();
  } finally {
    await target.close();
  }
  await rename(part, file);
}

async function describe(etcd: EtcdServer): Promise<void> {
  const { header, dbSize, dbSizeInUse, raftIndex } = await etcd.status();
  const { hash } = await etcd.hashKv({});
  const { count } = await etcd.range({ key: '\0', rangeEnd: '\0', countOnly: true });
  process.stdout.write(
    `cluster ${header.clusterId}  member ${header.memberId}\n` +
      `revision ${header.revision}  index ${raftIndex}  keys ${count}  hash ${hash}\n` +
      `${dbSizeInUse} bytes in use, ${dbSize} stored\n`,
  );
}
