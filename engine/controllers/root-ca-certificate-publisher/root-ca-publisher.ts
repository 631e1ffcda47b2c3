import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { hasCause, reasonOf } from '../../client/response-failure.ts';
import type { ConfigMap } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

/** Pods' tokens are mounted together with it. */
const NAME = 'kube-root-ca.crt';
const ANNOTATION = 'kubernetes.io/description';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. ' +
  'No other usage is guaranteed across distributions of Kubernetes clusters.';

/** The ConfigMap as it has to be; undefined when it is so. */
function corrected(configMap: Stored<ConfigMap>, rootCa: string): Stored<ConfigMap> | undefined {
  const { metadata, data = {} } = configMap;
  const right = data['ca.crt'] === rootCa && Object.keys(data).length === 1;
  if (right && (metadata.annotations?.[ANNOTATION] ?? '') !== '') return undefined;
  const annotations = { ...metadata.annotations, [ANNOTATION]: DESCRIPTION };
  return { ...configMap, metadata: { ...metadata, annotations }, data: { 'ca.crt': rootCa } };
}

/** Keeps in each namespace what verifies the API server (upstream's `rootcacertpublisher`). */
export class RootCaPublisher implements Controller {
  readonly #context: ControllerContext;
  readonly #configMaps: ObjectStore<ConfigMap>;
  /** names of namespaces */
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const configMaps = informers.of(resources.configMaps);
    this.#configMaps = configMaps.store;
    const changed = ({ metadata }: Stored<ConfigMap>): void => {
      if (metadata.name === NAME) this.#queue.add(metadata.namespace ?? '');
    };
    configMaps.addHandler({ onUpdate: (_old, configMap) => changed(configMap), onDelete: changed });
    informers.of(resources.namespaces).addHandler({
      onAdd: ({ metadata }) => this.#queue.add(metadata.name),
      onUpdate: (_old, { metadata, status }) => {
        if (status?.phase === 'Active') this.#queue.add(metadata.name);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, (namespace) => this.#sync(namespace));
  }

  async #sync(namespace: string): Promise<void> {
    const { client, configuration } = this.#context;
    const { rootCa } = configuration;
    const known = this.#configMaps.get({ namespace, name: NAME });
    if (known !== undefined) {
      const next = corrected(known, rootCa);
      if (next !== undefined) await client.update(resources.configMaps, next);
      return;
    }
    try {
      await client.create(resources.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace, name: NAME, annotations: { [ANNOTATION]: DESCRIPTION } },
        data: { 'ca.crt': rootCa },
      });
    } catch (error) {
      if (reasonOf(error) === 'NotFound' || hasCause(error, 'NamespaceTerminating')) return;
      throw error;
    }
  }
}
