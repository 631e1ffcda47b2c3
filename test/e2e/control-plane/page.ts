/** The page of control-plane.e2e.ts: a control plane, asked by our client. */
import { systemClock } from '../../../engine/base/clock.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import {
  BrowserControlPlane,
  spawnBrowserApiServer,
} from '../../../engine/cluster/browser-control-plane.ts';
import type { TokenRequest } from '../../../engine/objects/generated/authentication-v1.generated.ts';
import type { WorkerLink } from '../../../engine/rpc/worker-link.ts';

declare global {
  interface Window {
    /** Makes a ConfigMap that holds `value`. */
    createConfigMap(name: string, value: string): Promise<void>;
    /** What it holds. */
    readConfigMap(name: string): Promise<string | undefined>;
    /** A token of a new service account, signed with the cluster's key. */
    createToken(serviceAccount: string): Promise<string>;
    /** As whom the API server takes whoever has the token. */
    reviewToken(token: string): Promise<string | undefined>;
    /** Ends the worker of the API server, and its etcd's with it. */
    killApiServer(): Promise<void>;
    closeControlPlane(): Promise<void>;
  }
}

const links: WorkerLink[] = [];
const plane = new BrowserControlPlane(() => {
  const link = spawnBrowserApiServer();
  links.push(link);
  return link;
}, 'e2e');
const client = new Client({
  transport: plane.transport({ username: 'kubernetes-admin', groups: ['system:masters'] }),
  clock: systemClock,
  userAgent: 'drydock-test/1',
});
const namespace = 'default';

window.createConfigMap = async (name, value) => {
  await client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { value },
  });
};

window.readConfigMap = async (name) =>
  (await client.get(resources.configMaps, { name, namespace })).data?.['value'];

window.createToken = async (name) => {
  const { metadata } = await client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  const { status } = await client.createSubresource<TokenRequest>(
    resources.serviceAccounts,
    metadata,
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  );
  return status?.token ?? '';
};

window.reviewToken = async (token) => {
  const { status } = await client.create(resources.tokenReviews, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: {},
    spec: { token },
  });
  return status?.user?.username;
};

window.killApiServer = async () => links.at(-1)?.terminate();

window.closeControlPlane = () => plane.close();
