import type { Clock } from '../../base/clock.ts';
import type { Emitter } from '../../base/emitter.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { resolveUser, type ResolvedUser } from '../oci/users.ts';
import type { NetworkStore } from '../network/networks.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Container, Images, ImageTree, RuntimeEvent } from '../types.ts';
import { containerPaths } from './container-paths.ts';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import type { ContainerRecord, RecordBook } from './records.ts';
import type { Sandboxes } from './sandboxes.ts';
import type { TreePublisher } from './tree-publisher.ts';
import type { VolumeStore } from './volume-store.ts';

/** What the parts of the runtime share. */
export interface RuntimeContext {
  readonly agent: AgentClient;
  readonly images: Images;
  readonly clock: Clock;
  readonly random: Random;
  readonly book: RecordBook;
  readonly networks: NetworkStore;
  readonly sandboxes: Sandboxes;
  readonly volumes: VolumeStore;
  readonly trees: TreePublisher;
  readonly lock: KeyedLock;
  readonly events: Emitter<RuntimeEvent>;
  /** the machine's own name and /etc/resolv.conf, known after recovery */
  readonly machine: { hostname: string; resolvConf: string };
}

export function findRecord(context: RuntimeContext, id: string): ContainerRecord {
  const record = context.book.records.containers[id];
  if (record === undefined) throw new RuntimeError('NOT_FOUND', `No such container: ${id}`);
  return record;
}

export function isRunning(record: ContainerRecord): boolean {
  return record.state === 'running' || record.state === 'paused';
}

/** Throws NOT_RUNNING with Docker's message. */
export function runningRecord(context: RuntimeContext, id: string): ContainerRecord {
  const record = findRecord(context, id);
  if (!isRunning(record)) throw new RuntimeError('NOT_RUNNING', `Container ${id} is not running`);
  return record;
}

/** A copy for the runtime's users, who must not see it change. */
export function toContainer(record: ContainerRecord): Container {
  const { id, config, state, createdAt, pid, startedAt, exit, error, failedAt, sandbox } = record;
  return {
    id,
    config,
    state,
    createdAt,
    pid,
    paths: containerPaths(config),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(exit === undefined ? {} : { exit }),
    ...(error === undefined ? {} : { error }),
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}

/** The user a process of the container runs as, looked up in the container's own files. */
export async function userOf(
  context: RuntimeContext,
  record: ContainerRecord,
  tree: ImageTree,
  spec: string,
): Promise<ResolvedUser> {
  const read = (path: string): Promise<string> => {
    // Root is root everywhere; what the container itself wrote matters for other names only.
    const mayDiffer = record.startedAt !== undefined && !['', '0', 'root'].includes(spec);
    return mayDiffer ? readCurrent(context, record, tree, path) : readFromImage(tree, path);
  };
  const [passwd, group] = await Promise.all([read('/etc/passwd'), read('/etc/group')]);
  return resolveUser(spec, passwd, group, record.config.groupAdd);
}

async function readCurrent(
  context: RuntimeContext,
  record: ContainerRecord,
  tree: ImageTree,
  path: string,
): Promise<string> {
  try {
    return await context.agent.readTextFile(containerPaths(record.config).upper + path);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return readFromImage(tree, path);
    throw error;
  }
}

async function readFromImage(tree: ImageTree, path: string): Promise<string> {
  if (tree.lookup(path) === undefined) return '';
  return new TextDecoder().decode(await tree.readFile(path));
}
