import type { ExitStatus } from '../../api/agent.ts';
import type { Container } from '../types.ts';
import type { PodContainer } from './kept.ts';
import type { ContainerStatus, CriContainer, CriContainerState, CriImage } from './types.ts';

/** containerd's exit code of a container that could not be started. */
const START_ERROR_CODE = 128;

export function stateOf({ container }: { readonly container: Container }): CriContainerState {
  switch (container.state) {
    case 'created':
      return container.error === undefined ? 'CONTAINER_CREATED' : 'CONTAINER_EXITED';
    case 'running':
    case 'paused':
      return 'CONTAINER_RUNNING';
    case 'exited':
      return 'CONTAINER_EXITED';
  }
}

export function describeContainer(found: PodContainer): CriContainer {
  const { container, config, podSandboxId } = found;
  return {
    id: container.id,
    podSandboxId,
    metadata: config.metadata,
    image: config.image,
    imageRef: container.config.image,
    state: stateOf(found),
    createdAt: container.createdAt,
    labels: config.labels,
    annotations: config.annotations,
  };
}

/** @param image undefined when it is gone */
export function statusOf(found: PodContainer, image: CriImage | undefined): ContainerStatus {
  const { container, config, logPath } = found;
  return {
    ...describeContainer(found),
    image: image?.repoTags[0] ?? container.config.image,
    imageRef: image?.repoDigests[0] ?? container.config.image,
    userSpecifiedImage: config.userSpecifiedImage,
    ...(container.startedAt === undefined ? {} : { startedAt: container.startedAt }),
    ...endOf(container),
    logPath,
    mounts: config.mounts,
    resources: config.resources,
    pid: container.pid,
  };
}

type End = Pick<ContainerStatus, 'finishedAt' | 'exitCode' | 'reason' | 'message'>;

function endOf({ state, exit, error, failedAt }: Container): End {
  if (state === 'created' && error !== undefined)
    return {
      finishedAt: failedAt ?? 0,
      exitCode: START_ERROR_CODE,
      reason: 'StartError',
      message: error.replace(
        /^failed to create task for container: /,
        'failed to create containerd task: ',
      ),
    };
  if (state !== 'exited' || exit === undefined) return {};
  return {
    finishedAt: exit.finishedAt,
    exitCode: exit.code,
    reason: reasonOf(exit),
    ...(error === undefined ? {} : { message: error }),
  };
}

function reasonOf({ oomKilled, startedAt, code }: ExitStatus): string {
  if (oomKilled === true) return 'OOMKilled';
  // Nobody saw it end: its machine has started anew.
  if (startedAt === undefined) return 'Unknown';
  return code === 0 ? 'Completed' : 'Error';
}
