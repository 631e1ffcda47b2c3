import { CompactSign } from 'jose';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ConfigMap, Secret } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';
import { isBootstrapToken, signingToken, TOKEN_NAMESPACE } from './bootstrap-token.ts';

/** What anybody may read of the cluster: where it is, and what verifies it. */
const INFO = { namespace: 'kube-public', name: 'cluster-info' };
const KEY = `${INFO.namespace}/${INFO.name}`;
const SIGNED = 'kubeconfig';
const PREFIX = 'jws-kubeconfig-';

/** A JWS of `content` by a token, without the content (RFC 7515, appendix F). */
export async function detachedSignature(
  content: string,
  token: { readonly id: string; readonly secret: string },
): Promise<string> {
  const encoder = new TextEncoder();
  const whole = await new CompactSign(encoder.encode(content))
    .setProtectedHeader({ alg: 'HS256', kid: token.id })
    .sign(encoder.encode(token.secret));
  const [header = '', , signature = ''] = whole.split('.');
  return `${header}..${signature}`;
}

/**
 * Signs ConfigMap cluster-info with each token that nodes may join with, so that who has one of them can
 * trust it (upstream's `bootstrapsigner`).
 */
export class BootstrapSigner implements Controller {
  readonly #context: ControllerContext;
  readonly #configMaps: ObjectStore<ConfigMap>;
  readonly #secrets: ObjectStore<Secret>;
  /** holds the one ConfigMap at most */
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const configMaps = informers.of(resources.configMaps);
    const secrets = informers.of(resources.secrets);
    this.#configMaps = configMaps.store;
    this.#secrets = secrets.store;
    const info = ({ metadata: { namespace, name } }: Stored<ConfigMap>): void => {
      if (namespace === INFO.namespace && name === INFO.name) this.#queue.add(KEY);
    };
    const token = (secret: Stored<Secret>): void => {
      if (isBootstrapToken(secret)) this.#queue.add(KEY);
    };
    configMaps.addHandler({ onAdd: info, onUpdate: (_old, configMap) => info(configMap) });
    secrets.addHandler({
      onAdd: token,
      onUpdate: (_old, secret) => token(secret),
      onDelete: token,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, () => this.#sign());
  }

  async #sign(): Promise<void> {
    const { client, clock } = this.#context;
    const configMap = this.#configMaps.get(INFO);
    const content = configMap?.data?.[SIGNED];
    if (configMap === undefined || content === undefined) return;
    const data: Record<string, string> = {};
    for (const [key, value] of Object.entries(configMap.data ?? {}))
      if (!key.startsWith(PREFIX)) data[key] = value;
    for (const secret of this.#secrets.list(TOKEN_NAMESPACE)) {
      const token = signingToken(secret, clock.now());
      if (token !== undefined) data[PREFIX + token.id] = await detachedSignature(content, token);
    }
    const before = configMap.data ?? {};
    const isRight =
      Object.keys(before).length === Object.keys(data).length &&
      Object.entries(data).every(([key, value]) => before[key] === value);
    if (isRight) return;
    try {
      await client.update(resources.configMaps, { ...configMap, data });
    } catch (error) {
      // The informer will tell of what somebody else has made of it.
      if (reasonOf(error) !== 'Conflict' && reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
