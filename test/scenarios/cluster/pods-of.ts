import { tryKubectl, apply, get, kubectl, until } from './real-cluster.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';

/** Pods of a namespace that start together, each looked at by its own test. */
export function podsOf(namespace: string) {
  const look = async (name: string): Promise<Pod> =>
    (await get(namespace, `pod/${name}`)) as unknown as Pod;
  /** The Pod when this holds of it. */
  const once = (name: string, holds: (pod: Pod) => boolean): Promise<Pod> =>
    until(async () => {
      const found = await look(name);
      return holds(found) && found;
    }, name);
  return {
    look,
    once,
    /** Makes the namespace, and in it what is described here. */
    async begin(...manifests: readonly object[]): Promise<void> {
      await kubectl('create', 'namespace', namespace);
      await until(
        async () => (await tryKubectl(['get', '-n', namespace, 'sa', 'default'])).status === 0,
        'the account of Pods',
      );
      await apply(namespace, ...manifests);
    },
    end: (): Promise<string> => kubectl('delete', 'namespace', namespace, '--wait=false'),
    ended: (name: string): Promise<Pod> =>
      once(name, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed'),
    /** Messages of events with this reason, a line each; empty when there are none. */
    events: (name: string, reason: string): Promise<string> =>
      kubectl(
        'get',
        'events',
        '-n',
        namespace,
        '--field-selector',
        `involvedObject.name=${name},reason=${reason}`,
        '-o',
        'jsonpath={range .items[*]}{.message}{"\\n"}{end}',
      ),
  };
}

/** Of its first container. */
export const stateOf = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state;

/** A Pod whose only container, `main`, is of busybox and runs the script. */
export function pod(
  name: string,
  script: string,
  spec: object = {},
  container: object = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script], ...container }],
      ...spec,
    },
  };
}

export const FOREVER = 'sleep 100000';
