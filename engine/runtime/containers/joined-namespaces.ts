import { AgentError } from '../../machine/agent/agent-error.ts';
import type { JoinedNamespaces } from '../oci/spec.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Sandbox } from '../types.ts';
import { containerPaths } from './container-paths.ts';
import { isRunning, type RuntimeContext } from './context.ts';
import type { ContainerRecord } from './records.ts';

/** Docker's default for /dev/shm, in bytes. */
const DEFAULT_SHM_BYTES = 64 * 1024 * 1024;

/** Finds the namespaces that a container shares with others. Throws INTERNAL with Docker's messages. */
export async function joinNamespaces(
  context: RuntimeContext,
  record: ContainerRecord,
  sandbox: Sandbox,
): Promise<JoinedNamespaces> {
  const { pid, ipc } = record.config;
  return {
    ...(pid === undefined ? {} : { pid: pid === 'host' ? pid : pathOf(context, pid, 'pid') }),
    ...joinPod(sandbox),
    ...(ipc === undefined ? {} : await joinIpc(context, record, ipc)),
  };
}

/** A Pod's containers share all namespaces of its sandbox; what it has not is the machine's. */
function joinPod({ pod, stopped }: Sandbox): JoinedNamespaces {
  if (pod === undefined || stopped === true) return {};
  const { uts, ipc, shm = '/dev/shm' } = pod;
  return {
    uts: uts === undefined ? 'host' : { path: uts },
    ipc: ipc === undefined ? 'host' : { path: ipc },
    shm,
  };
}

async function joinIpc(
  context: RuntimeContext,
  record: ContainerRecord,
  ipc: NonNullable<ContainerRecord['config']['ipc']>,
): Promise<JoinedNamespaces> {
  if (ipc === 'host') return { ipc, shm: '/dev/shm' };
  if (ipc === 'none') return { shm: false };
  if (ipc === 'shareable') {
    const shm = shmOf(record);
    await context.agent.call('file.mkdir', { path: shm });
    const size = record.config.shmSize ?? DEFAULT_SHM_BYTES;
    const options = `mode=1777,noexec,nosuid,nodev,size=${size}`;
    await runMount(context, ['mount', '-t', 'tmpfs', '-o', options, 'shm', shm]);
    return { shm };
  }
  const path = pathOf(context, ipc, 'ipc');
  const donor = context.book.records.containers[ipc.container];
  if (donor?.config.ipc !== 'shareable')
    throw new RuntimeError(
      'INTERNAL',
      `can't join IPC of container ${ipc.container}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  return { ipc: path, shm: shmOf(donor) };
}

/** Takes down what joining made, once the container has ended. */
export async function leaveNamespaces(
  context: RuntimeContext,
  record: ContainerRecord,
): Promise<void> {
  if (record.config.ipc === 'shareable')
    await context.agent.call('root.unmount', { target: shmOf(record) });
}

function shmOf(record: ContainerRecord): string {
  return `${containerPaths(record.config).directory}/shm`;
}

function pathOf(
  context: RuntimeContext,
  { container }: { readonly container: string },
  type: 'pid' | 'ipc',
): { readonly path: string } {
  const record = context.book.records.containers[container];
  if (record === undefined) throw new RuntimeError('NOT_FOUND', `No such container: ${container}`);
  if (!isRunning(record))
    throw new RuntimeError('CONFLICT', `container ${container} is not running`);
  return { path: `/proc/${record.pid}/ns/${type}` };
}

async function runMount({ agent }: RuntimeContext, argv: readonly string[]): Promise<void> {
  const { exit, stderr } = await agent.call('run', { argv });
  if (exit.code !== 0) throw new AgentError('EIO', stderr.trim());
}
