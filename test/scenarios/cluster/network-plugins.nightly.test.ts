import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Node, Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { pod } from './pods-of.ts';
import { apply, get, kubectl, newNamespace, runOnNode, until, waitFor } from './real-cluster.ts';

/** Another network plugin on one node, and broken ones. At night nobody else needs that node now. */
const NODE = 'worker-2';
const FOLDER = '/etc/cni/net.d';
const OURS = `${FOLDER}/10-drydock.conflist`;
/** Read before ours: it comes first by name. */
const OTHER = `${FOLDER}/05-other.conflist`;

let range: string;
beforeAll(async () => {
  const { spec } = (await get('default', `node/${NODE}`)) as unknown as Node;
  range = spec?.podCIDR ?? '';
});
afterAll(() => runOnNode(NODE, `rm -f ${OTHER}; [ ! -e ${OURS}.away ] || mv ${OURS}.away ${OURS}`));

function conflist(...plugins: readonly object[]): Promise<string> {
  const text = JSON.stringify({ cniVersion: '1.0.0', name: 'other', plugins });
  return runOnNode(NODE, `echo '${text}' > ${OTHER}`);
}

/** Serves a page. */
const server = (name: string, nodeName: string, container: object = {}): object =>
  pod(name, 'echo hello > index.html; httpd -f -p 8080', { nodeName }, container);

async function addressOf(namespace: string, name: string): Promise<string> {
  const { status } = (await get(namespace, `pod/${name}`)) as unknown as Pod;
  return status?.podIP ?? '';
}

const fetched = (namespace: string, from: string, url: string) =>
  until(
    async () =>
      (await kubectl('exec', '-n', namespace, from, '--', 'wget', '-qO-', url)) === 'hello',
    `${url} from ${from}`,
  );

const failure = (namespace: string, name: string) =>
  until(async () => {
    const text = await kubectl(
      'get',
      'events',
      '-n',
      namespace,
      '--field-selector',
      `involvedObject.name=${name},reason=FailedCreatePodSandBox`,
      '-o',
      'jsonpath={.items[0].message}',
    );
    return text !== '' && text;
  }, `FailedCreatePodSandBox of ${name}`);

describe('network plugins', () => {
  it('of the reference connect Pods when the configuration names them', async () => {
    const namespace = await newNamespace('reference');
    await conflist(
      {
        type: 'bridge',
        bridge: 'other0',
        isGateway: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: range }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    );
    onTestFinished(async () => {
      await kubectl('delete', 'pods', '--all', '-n', namespace, '--timeout=120s');
      await runOnNode(NODE, `rm ${OTHER}; ip link delete other0`);
    });
    await apply(
      namespace,
      server('near', NODE, { ports: [{ containerPort: 8080, hostPort: 8123 }] }),
      server('other', NODE),
      server('far', 'worker-1'),
    );
    await waitFor(namespace, '--for=condition=Ready', 'pod/near', 'pod/other', 'pod/far');
    expect(await runOnNode(NODE, 'ls /sys/class/net/other0/brif | wc -l')).toBe('2\n');
    const near = await addressOf(namespace, 'near');
    expect(near.split('.').slice(0, 3)).toEqual(range.split('.').slice(0, 3));
    await fetched(namespace, 'other', `http://${near}:8080`);
    const { status } = (await get(namespace, 'pod/near')) as unknown as Pod;
    expect(await runOnNode('worker-1', `curl -s http://${status?.hostIP}:8123`)).toBe('hello\n');
  });

  it('that are not there, or break, keep Pods waiting and say why', async () => {
    const namespace = await newNamespace('broken');
    await conflist({ type: 'nosuch' });
    onTestFinished(() => runOnNode(NODE, `rm -f ${OTHER}`).then(() => {}));
    await apply(namespace, server('waits', NODE));
    expect(await failure(namespace, 'waits')).toMatch(
      /^Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="nosuch" failed \(add\): failed to find plugin "nosuch" in path \[\/opt\/cni\/bin\]/,
    );
    await runOnNode(NODE, `rm ${OTHER}`);
    await waitFor(namespace, '--for=condition=Ready', 'pod/waits');
  });

  it('that are configured nowhere make their node not ready', async () => {
    await runOnNode(NODE, `mv ${OURS} ${OURS}.away`);
    const ready = async () => {
      const { status } = (await get('default', `node/${NODE}`)) as unknown as Node;
      return status?.conditions?.find(({ type }) => type === 'Ready');
    };
    const not = await until(async () => {
      const condition = await ready();
      return condition?.status === 'False' && condition;
    }, 'a node that is not ready');
    expect(not).toMatchObject({
      reason: 'KubeletNotReady',
      message:
        'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    });
    await runOnNode(NODE, `mv ${OURS}.away ${OURS}`);
    await until(async () => (await ready())?.status === 'True', 'a node that is ready');
  });
});
