import { expose } from 'comlink';
import { beforeEach, describe, expect, it } from 'vitest';
import { TestServer } from '../../apiserver/testing/test-server.ts';
import type { NodeComponentHost } from '../../api/node-component.ts';
import { Emitter } from '../../base/emitter.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import { ComponentWorkers } from './component-workers.ts';
import { NODE_IMAGES, nodePrograms } from './node-programs.ts';

let server: TestServer;
/** for each that has ended, whether for good */
let ends: boolean[];
let isAway = false;

/** A worker that only remembers how it was stopped. */
function worker(): WorkerLink {
  const { port1, port2 } = new MessageChannel();
  const service: NodeComponentHost & { watchLog(): void } = {
    watchLog() {},
    start: () => Promise.resolve(),
    stop(forGood) {
      ends.push(forGood);
      return Promise.resolve();
    },
  };
  expose(service, port2);
  port2.postMessage({ drydock: 'ready' });
  return {
    endpoint: port1 as WorkerLink['endpoint'],
    onDeath: new Emitter<Error>().event,
    terminate() {
      port1.close();
      return Promise.resolve();
    },
  };
}

/** Runs kube-proxy on a node until it is asked to end. */
async function runOnce(): Promise<boolean | undefined> {
  let begun = (): void => {};
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  const programs = nodePrograms({
    workers: {
      'kube-proxy': new ComponentWorkers(worker),
      'drydock-network': new ComponentWorkers(worker),
    },
    nodeName: 'worker-1',
    nodeIp: '10.0.0.12',
    openMachine() {
      begun();
      return Promise.resolve(new MessageChannel().port1);
    },
    api: (user) => (request) => {
      if (isAway) throw new Error('dial tcp 10.0.0.11:6443: connect: connection refused');
      return server.server.handle(request, {
        remoteAddress: '10.0.0.12',
        clientCertificates: [],
        user,
      });
    },
    clock: server.clock,
  });
  const program = programs[NODE_IMAGES['kube-proxy']]?.({ argv: ['kube-proxy'], print: () => {} });
  await beginning;
  program?.terminate();
  expect(await program?.exited).toBe(0);
  return ends.pop();
}

const daemonSets = '/apis/apps/v1/namespaces/kube-system/daemonsets';

function daemonSet(nodeSelector: Readonly<Record<string, string>>): object {
  const labels = { 'k8s-app': 'kube-proxy' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-proxy' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector, containers: [{ name: 'kube-proxy', image: 'kube-proxy' }] },
      },
    },
  };
}

beforeEach(async () => {
  server = await TestServer.start();
  ends = [];
  isAway = false;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' } };
  await server.request('POST', '/api/v1/nodes', { body: node });
  await server.request('POST', daemonSets, { body: daemonSet({}) });
});

describe('a program of a node that is asked to end', () => {
  it('leaves what it made to its successor as long as its DaemonSet wants it there', async () => {
    expect(await runOnce()).toBe(false);
  });

  it('takes it along when its DaemonSet was deleted', async () => {
    await server.request('DELETE', `${daemonSets}/kube-proxy`);
    expect(await runOnce()).toBe(true);
  });

  it('takes it along when its DaemonSet wants other nodes', async () => {
    const body = daemonSet({ proxy: 'wanted' });
    await server.request('PUT', `${daemonSets}/kube-proxy`, { body });
    expect(await runOnce()).toBe(true);
  });

  it('leaves it when nobody can say, or the node has gone', async () => {
    isAway = true;
    expect(await runOnce()).toBe(false);
    isAway = false;
    await server.request('DELETE', '/api/v1/nodes/worker-1');
    await server.request('DELETE', `${daemonSets}/kube-proxy`);
    expect(await runOnce()).toBe(false);
  });
});
