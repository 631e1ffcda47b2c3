import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, kubectl, runOnNode, tryKubectl, until, waitFor } from './real-cluster.ts';

/** Services and NetworkPolicies as users see them: real Pods on two nodes, real packets. */
const namespace = `networking-${process.pid}`;
const NODES = { 'worker-1': '10.0.0.12', 'worker-2': '10.0.0.13' };

function pod(name: string, nodeName: string, app: string, container: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app } },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', ...container }],
    },
  };
}
/** Answers with its name. */
const answering = {
  image: 'whoami',
  args: ['-port', '8080'],
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
};
const asking = { image: 'busybox', command: ['sleep', '100000'] };

const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80, targetPort: 'http' }], ...spec },
});
const web = { selector: { app: 'web' } };

beforeAll(async () => {
  await kubectl('create', 'namespace', namespace);
  await until(
    async () => (await tryKubectl(['get', '-n', namespace, 'sa', 'default'])).status === 0,
    'the account of Pods',
  );
  await apply(
    namespace,
    pod('web-1', 'worker-1', 'web', answering),
    pod('web-2', 'worker-2', 'web', answering),
    pod('solo', 'worker-2', 'solo', answering),
    pod('client', 'worker-1', 'client', asking),
    pod('other', 'worker-2', 'other', asking),
    service('web', web),
    service('sticky', { ...web, sessionAffinity: 'ClientIP' }),
    service('near', { ...web, internalTrafficPolicy: 'Local' }),
    service('empty', { selector: { app: 'nobody' } }),
    service('solo', { selector: { app: 'solo' } }),
    service('headless', { ...web, clusterIP: 'None' }),
    service('alias', {
      type: 'ExternalName',
      externalName: `web.${namespace}.svc.cluster.local`,
      ports: [],
    }),
    service('open', { ...web, type: 'NodePort' }),
    service('local', {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      selector: { app: 'solo' },
    }),
  );
  await waitFor(namespace, '--for=condition=Ready', 'pod', '--all');
});
afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

const field = (what: string, path: string) =>
  kubectl('get', '-n', namespace, what, '-o', `jsonpath={${path}}`);
const clusterIp = (name: string) => field(`service/${name}`, '.spec.clusterIP');
const podIp = (name: string) => field(`pod/${name}`, '.status.podIP');
const nodePort = (name: string) => field(`service/${name}`, '.spec.ports[0].nodePort');

/** Which Pod answers another one, or why none does. */
async function ask(from: string, address: string): Promise<string> {
  const [host, port = '80'] = address.split(':');
  const request = String.raw`printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 2 ${host} ${port}`;
  const { stdout, stderr } = await tryKubectl([
    'exec',
    '-n',
    namespace,
    from,
    '--',
    'sh',
    '-c',
    request,
  ]);
  return /^Hostname: (\S+)/m.exec(stdout)?.[1] ?? stderr;
}

async function answers(from: string, address: string, count: number): Promise<string[]> {
  const found = new Set<string>();
  for (let asked = 0; asked < count; asked++) found.add(await ask(from, address));
  return [...found].toSorted();
}

/** Waits until an answer has this in it: rules follow a moment later. */
const comes = (answer: () => Promise<string>, text: string) =>
  until(async () => (await answer()).includes(text), text);

describe('Pods', () => {
  it('reach each other across nodes, under their own addresses', async () => {
    const address = await podIp('client');
    const said = await kubectl(
      'exec',
      '-n',
      namespace,
      'client',
      '--',
      'wget',
      '-qO-',
      `http://${await podIp('web-2')}:8080/`,
    );
    expect(said).toContain('web-2');
    expect(said).toContain(address);
  });
});

describe('Services', () => {
  it('balance over Pods of all nodes', async () => {
    const address = await clusterIp('web');
    await comes(() => ask('client', address), 'web-');
    expect(await answers('client', address, 16)).toEqual(['web-1', 'web-2']);
  });

  it('keep a client at its Pod when they are asked to', async () => {
    const address = await clusterIp('sticky');
    await comes(() => ask('client', address), 'web-');
    expect(await answers('client', address, 8)).toHaveLength(1);
  });

  it('with internal policy Local stay on the node', async () => {
    const address = await clusterIp('near');
    await comes(() => ask('client', address), 'web-1');
    expect(await answers('client', address, 5)).toEqual(['web-1']);
    expect(await answers('other', address, 5)).toEqual(['web-2']);
  });

  it('refuse without endpoints', async () => {
    expect(await ask('client', await clusterIp('empty'))).toContain('refused');
  });

  it('are found by name', async () => {
    await comes(() => ask('client', 'web'), 'web-');
    expect(await ask('client', `web.${namespace}.svc.cluster.local`)).toMatch(/^web-/);
  });

  it('of type ExternalName are another name', async () => {
    await comes(() => ask('other', 'alias'), 'web-');
    expect(await ask('other', 'alias')).toMatch(/^web-/);
  });

  it('without an address of their own are the addresses of their Pods', async () => {
    expect(await clusterIp('headless')).toBe('None');
    const found = await kubectl(
      'exec',
      '-n',
      namespace,
      'client',
      '--',
      'nslookup',
      `headless.${namespace}.svc.cluster.local`,
    );
    expect(found).toContain(await podIp('web-1'));
    expect(found).toContain(await podIp('web-2'));
  });

  it('show in nodes as they do in real clusters', async () => {
    const table = await runOnNode('worker-1', 'nft list table ip kube-proxy');
    expect(table).toContain(`${await clusterIp('web')} . tcp . 80 : goto service-`);
    expect(table).toContain(`${namespace}/web/tcp/`);
  });

  it('follow their Pods', async () => {
    const address = await clusterIp('web');
    await kubectl('delete', '-n', namespace, 'pod', 'web-2');
    await until(
      async () => (await answers('client', address, 6)).join(',') === 'web-1',
      'web-1 alone',
    );
    await apply(namespace, pod('web-2', 'worker-2', 'web', answering));
    await waitFor(namespace, '--for=condition=Ready', 'pod/web-2');
    const all = await until(async () => {
      const found = await answers('client', address, 12);
      return found.length > 1 && found;
    }, 'both Pods');
    expect(all).toEqual(['web-1', 'web-2']);
  });
});

describe('node ports', () => {
  it('are open on every node', async () => {
    const port = await nodePort('open');
    for (const address of Object.values(NODES))
      expect(await ask('client', `${address}:${port}`)).toMatch(/^web-/);
  });

  it('with external policy Local answer outsiders only where there is a Pod', async () => {
    const port = await nodePort('local');
    const from = (address: string) =>
      runOnNode('control-plane', `curl -s -m 3 http://${address}:${port}/ || echo nobody`);
    expect(await from(NODES['worker-2'])).toContain('solo');
    expect(await from(NODES['worker-1'])).toContain('nobody');
    // A Pod is no outsider to its own node.
    expect(await ask('client', `${NODES['worker-1']}:${port}`)).toBe('solo');
  });
});

describe('kube-proxy', () => {
  const system = ['-n', 'kube-system'];
  const proxyOf = (node: string) => {
    const where = `--field-selector=spec.nodeName=${node}`;
    return kubectl('get', 'pod', ...system, '-l', 'k8s-app=kube-proxy', where, '-o', 'name');
  };
  const patch = (updateStrategy: object, affinity: object | null) => {
    const spec = { updateStrategy, template: { spec: { affinity } } };
    const change = JSON.stringify({ spec });
    return kubectl('patch', ...system, 'daemonset', 'kube-proxy', '--type=merge', '-p', change);
  };
  const hasRules = async (node: string) =>
    (await runOnNode(node, 'nft list tables')).includes('table ip kube-proxy');

  it('leaves its rules to its successor, and takes them along from where it is switched off', async () => {
    const address = await clusterIp('web');
    await kubectl('delete', ...system, await proxyOf('worker-2'));
    expect(await hasRules('worker-2')).toBe(true);
    expect(await ask('other', address)).toMatch(/^web-/);

    const elsewhere = { key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['worker-2'] };
    await patch(
      { type: 'OnDelete' },
      {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [elsewhere] }],
          },
        },
      },
    );
    await until(async () => (await proxyOf('worker-2')) === '', 'the end of kube-proxy');
    expect([await hasRules('worker-2'), await hasRules('worker-1')]).toEqual([false, true]);

    await patch({ type: 'RollingUpdate' }, null);
    await comes(() => ask('other', address), 'web-');
  });
});

describe('NetworkPolicies', () => {
  const policy = (name: string, spec: object): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec,
  });
  const lift = (...names: string[]) =>
    kubectl('delete', '-n', namespace, 'networkpolicy', ...names);
  const podSelector = { matchLabels: { app: 'web' } };

  it('keep everybody out but probes of the node, and let in whom another one allows', async () => {
    const address = `${await podIp('web-1')}:8080`;
    await apply(namespace, policy('nobody', { podSelector }));
    await comes(() => ask('client', address), 'timed out');
    expect(await runOnNode('worker-1', `curl -s -m 5 http://${address}/`)).toContain('web-1');
    await apply(
      namespace,
      policy('client', {
        podSelector,
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { app: 'client' } } }],
            ports: [{ port: 'http' }],
          },
        ],
      }),
    );
    await comes(() => ask('client', address), 'web-1');
    expect(await ask('other', address)).toContain('timed out');
    expect(await field('pod/web-1', '.status.conditions[?(@.type=="Ready")].status')).toBe('True');
    await lift('nobody', 'client');
    await comes(() => ask('other', address), 'web-1');
  });

  it('limit what Pods send', async () => {
    const cidr = `${await podIp('solo')}/32`;
    await apply(
      namespace,
      policy('out', {
        podSelector: { matchLabels: { app: 'client' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr } }] }],
      }),
    );
    const address = await clusterIp('web');
    await comes(() => ask('client', address), 'timed out');
    expect(await ask('client', await clusterIp('solo'))).toBe('solo');
    await lift('out');
    await comes(() => ask('client', address), 'web-');
  });
});
