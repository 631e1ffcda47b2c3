import { readFile } from 'node:fs/promises';
import * as k8s from '@kubernetes/client-node';
import { startControlPlane } from '../../../../engine/cluster/control-plane.node.ts';

/** The official JavaScript client over HTTPS, on a control plane of its own. */
export interface ClientNodeSession {
  readonly config: k8s.KubeConfig;
  close(): Promise<void>;
}

/**
 * Starts a control plane of ours. `UPSTREAM_KUBECONFIG` names a file that leads to a real one instead, which must
 * be new: what the suite expects holds there too.
 */
export async function startSession(): Promise<ClientNodeSession> {
  const config = new k8s.KubeConfig();
  const upstream = process.env['UPSTREAM_KUBECONFIG'];
  if (upstream !== undefined) {
    config.loadFromString(await readFile(upstream, 'utf8'));
    return { config, close: () => Promise.resolve() };
  }
  const plane = await startControlPlane({ port: 0, onError: console.error });
  config.loadFromString(plane.kubeconfig);
  return { config, close: () => plane.close() };
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<k8s.V1Status> {
  try {
    await call;
  } catch (error) {
    if (error instanceof k8s.ApiException) return statusOf(error);
    throw error;
  }
  throw new Error('The call was not refused.');
}

/** Where the client knows a failure from the API's description it hands over the object, else the text. */
function statusOf({ code, body }: k8s.ApiException<unknown>): k8s.V1Status {
  const status = (typeof body === 'string' ? JSON.parse(body) : body) as k8s.V1Status;
  if (status.code !== code) throw new Error(`HTTP says ${code}, the Status ${status.code}.`);
  return status;
}
