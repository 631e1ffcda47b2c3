import type { Container, Pod, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import type { PodSandboxStatus } from '../../runtime/cri/types.ts';
import type { RuntimeContainer, RuntimePod } from '../contracts.ts';
import { containerHash } from '../labels.ts';

/**
 * A Pod in one line: `Always: setup! proxy* main db`, where `!` marks init containers and `*` sidecars. Policies of
 * containers follow in parentheses: `main(Never)`.
 */
export function sketchPod(text: string, spec: Partial<PodSpec> = {}): Pod {
  const [policy = '', names = ''] = text.split(':');
  const initContainers: Container[] = [];
  const containers: Container[] = [];
  for (const word of names.trim().split(/\s+/)) {
    const match = /^(\w+)([!*]?)(?:\((\w+)\))?$/.exec(word);
    const [, name = '', kind = '', own] = match ?? [];
    const container = {
      name,
      image: 'busybox',
      ...(own === undefined ? {} : { restartPolicy: own }),
    };
    if (kind === '*') initContainers.push({ ...container, restartPolicy: 'Always' } as Container);
    else if (kind === '!') initContainers.push(container as Container);
    else containers.push(container as Container);
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-1' },
    spec: {
      restartPolicy: policy as NonNullable<PodSpec['restartPolicy']>,
      containers,
      ...(initContainers.length === 0 ? {} : { initContainers }),
      ...spec,
    },
  };
}

const STATES = {
  created: 'CONTAINER_CREATED',
  running: 'CONTAINER_RUNNING',
  exited: 'CONTAINER_EXITED',
  unknown: 'CONTAINER_UNKNOWN',
} as const;

/**
 * What a runtime has in one line, newest first: `ready | main:running setup:exited=0`, or `dead | …`, `none | …`. A
 * container of an earlier sandbox has `~` after it; one made from another image `?`.
 */
export function sketchRuntime(text: string, pod: Pod): RuntimePod {
  const [sandbox = '', list = ''] = text.split('|').map((part) => part.trim());
  const known = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  const containers = list
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word, index): RuntimeContainer => {
      const match = /^(\w+):(\w+)(?:=(\d+))?([~?]?)$/.exec(word);
      const [, name = '', state = 'running', code, mark] = match ?? [];
      const spec = known.find((container) => container.name === name) ?? { name };
      return {
        id: `${name}-${index}`,
        name,
        podSandboxId: mark === '~' ? 'sandbox-old' : 'sandbox-1',
        metadata: { name, attempt: 0 },
        image: 'busybox',
        imageRef: 'busybox@sha256:1',
        userSpecifiedImage: 'busybox',
        state: STATES[state as keyof typeof STATES],
        createdAt: 1000 - index,
        startedAt: 1000 - index,
        ...(code === undefined ? {} : { exitCode: Number(code), finishedAt: 2000 }),
        labels: {},
        annotations: {},
        logPath: '',
        mounts: [],
        resources: {},
        pid: 0,
        restartCount: 0,
        hash: mark === '?' ? 'other' : containerHash(spec),
      };
    });
  return {
    uid: 'uid-1',
    name: 'web',
    namespace: 'default',
    sandboxes: sandbox === 'none' ? [] : [sandboxStatus(sandbox === 'ready')],
    ips: [],
    containers,
  };
}

function sandboxStatus(isReady: boolean): PodSandboxStatus {
  return {
    id: 'sandbox-1',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-1', attempt: 0 },
    state: isReady ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt: 0,
    labels: {},
    annotations: {},
    runtimeHandler: '',
    ip: '10.244.0.2',
    additionalIps: [],
    namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
  };
}
