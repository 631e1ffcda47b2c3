import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type {
  Deployment,
  DeploymentSpec,
  ReplicaSet,
} from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { isPodActive, isPodReady } from '../pods/pod-state.ts';
import { ControlWorld } from './control-world.ts';
import { podsBecome } from './pods-become.ts';

const CONTROLLERS = ['deployment-controller', 'replicaset-controller'];

/** The controllers of Deployments and ReplicaSets at work on the Deployment `web` of a namespace of its own. */
export class DeploymentWorld {
  readonly world: ControlWorld;
  readonly namespace: string;

  private constructor(world: ControlWorld, namespace: string) {
    this.world = world;
    this.namespace = namespace;
  }

  /** The controllers, for one Deployment after the other. */
  static startControllers(): Promise<ControlWorld> {
    return ControlWorld.start(descriptors.filter(({ name }) => CONTROLLERS.includes(name)));
  }

  /** @param spec over that of three replicas of an image `busybox:1` */
  static async start(
    world: ControlWorld,
    namespace: string,
    spec: Partial<DeploymentSpec> = {},
  ): Promise<DeploymentWorld> {
    const { client } = world;
    await client.create(resources.namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
      spec: {},
    });
    await client.create(resources.serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace, name: 'default' },
    });
    const containers = [{ name: 'c', image: 'busybox:1' }];
    await client.create(resources.deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name: 'web', annotations: { note: 'first' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
        ...spec,
      },
    });
    await world.settle();
    return new DeploymentWorld(world, namespace);
  }

  async deployment(): Promise<Stored<Deployment>> {
    return this.world.client.get(resources.deployments, this.#name);
  }

  get #name() {
    return { namespace: this.namespace, name: 'web' };
  }

  /** The oldest revision first. */
  async replicaSets(): Promise<readonly Stored<ReplicaSet>[]> {
    const { namespace } = this;
    const { items } = await this.world.client.list(resources.replicaSets, { namespace });
    const revision = ({ metadata }: Stored<ReplicaSet>): number =>
      Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
    return items.toSorted((a, b) => revision(a) - revision(b));
  }

  /** Wanted and available replicas of each ReplicaSet, the oldest revision first. */
  async sizes(): Promise<readonly string[]> {
    return (await this.replicaSets()).map(
      ({ spec, status }) => `${status?.availableReplicas ?? 0}/${spec.replicas ?? 0}`,
    );
  }

  /** Those that have neither ended nor been asked to. */
  async pods(): Promise<readonly Stored<Pod>[]> {
    const { namespace } = this;
    const { items } = await this.world.client.list(resources.pods, { namespace });
    return items.filter(isPodActive);
  }

  /** A merge patch, and what comes of it. */
  async patch(patch: object): Promise<void> {
    await this.world.client.patch(resources.deployments, this.#name, { type: 'merge', patch });
    await this.world.settle();
  }

  /** Rolls out another image. */
  async useImage(image: string): Promise<void> {
    await this.patch({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } });
  }

  /** Those that are not ready become so, the first `most` of them; returns how many there were. */
  async becomeReady(most = Infinity): Promise<number> {
    const waiting = (await this.pods()).filter((pod) => !isPodReady(pod)).slice(0, most);
    await podsBecome(this.world, waiting, 'Ready');
    await this.world.settle();
    return waiting.length;
  }

  /** Whatever is created becomes ready until nothing more is. */
  async finish(): Promise<void> {
    while ((await this.becomeReady()) > 0);
  }

  /** Messages of the Deployment's events, with hashes as `#`. */
  async events(): Promise<readonly string[]> {
    const { namespace } = this;
    const { items } = await this.world.client.list(resources.events, { namespace });
    return items
      .filter(({ involvedObject }) => involvedObject.kind === 'Deployment')
      .map(({ reason, message = '' }) => `${reason} ${message.replaceAll(/web-\w+/g, 'web-#')}`);
  }

  /** What the controller sent since it was last asked, as `PUT replicasets/web-#`. */
  sent(): readonly string[] {
    const prefix = `/apis/apps/v1/namespaces/${this.namespace}/`;
    return this.world.sent
      .splice(0)
      .filter(({ by, path }) => by === 'deployment-controller' && path.startsWith(prefix))
      .map(({ method, path }) => `${method} ${path.slice(prefix.length)}`)
      .map((call) => call.replace(/web-\w+/, 'web-#'));
  }
}
