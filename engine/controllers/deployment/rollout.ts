import { messageOf } from '../../base/message-of.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type {
  Deployment,
  DeploymentStatus,
  ReplicaSet,
} from '../../objects/generated/apps-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { controllerRef, isControlledBy } from '../pods/controller-ref.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { templateHash } from '../pods/template-hash.ts';
import { conditionOf, newCondition, withCondition } from './deployment-conditions.ts';
import { isSameStatus, progressDeadline } from './deployment-status.ts';
import {
  HASH_LABEL,
  isSameTemplate,
  newAndOld,
  replicaSetName,
  replicasOf,
} from './replica-sets.ts';
import { hasSizes, maxRevision, REVISION, withRevision, withSizes } from './revisions.ts';
import { mostPods, newSize } from './sizes.ts';

type StoredSet = Stored<ReplicaSet>;

export interface RolloutTools {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  /** what informers have of one */
  readonly knownReplicaSet: (name: string) => StoredSet | undefined;
  /** told of each object that was written */
  readonly onWritten: (object: Stored<Deployment> | StoredSet) => void;
}

/**
 * A Deployment and its ReplicaSets while they are worked on once: what is read is what was there at the
 * beginning and what was written since. Each write is one of upstream's `sync.go`.
 */
export class Rollout {
  readonly #tools: RolloutTools;
  #deployment: Stored<Deployment>;
  #current: StoredSet | undefined;
  #old: readonly StoredSet[];

  constructor(
    tools: RolloutTools,
    deployment: Stored<Deployment>,
    replicaSets: readonly StoredSet[],
  ) {
    this.#tools = tools;
    this.#deployment = deployment;
    ({ current: this.#current, old: this.#old } = newAndOld(deployment, replicaSets));
  }

  get deployment(): Stored<Deployment> {
    return this.#deployment;
  }

  /** The ReplicaSet whose template is wanted now, if there is one. */
  get current(): StoredSet | undefined {
    return this.#current;
  }

  get old(): readonly StoredSet[] {
    return this.#old;
  }

  get all(): readonly StoredSet[] {
    return this.#current === undefined ? this.#old : [...this.#old, this.#current];
  }

  /** Gives the new ReplicaSet the highest revision and the Deployment's annotations, and notes the revision. */
  async syncRevision(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const { clock } = this.#tools;
    const { minReadySeconds = 0 } = this.#deployment.spec;
    const before = current.metadata.annotations ?? {};
    const annotations = withRevision(this.#deployment, before, maxRevision(this.#old) + 1);
    if (annotations !== before || (current.spec.minReadySeconds ?? 0) !== minReadySeconds) {
      await this.#updateReplicaSet({
        ...current,
        metadata: { ...current.metadata, annotations },
        spec: { ...current.spec, minReadySeconds },
      });
      return;
    }
    let status = this.#deployment.status ?? {};
    // It may have had no deadline when the ReplicaSet was made: what it has to keep begins now.
    const isNew =
      progressDeadline(this.#deployment) !== undefined &&
      conditionOf(status, 'Progressing') === undefined;
    if (isNew) {
      const message = `Found new replica set ${goQuote(current.metadata.name)}`;
      status = withCondition(
        status,
        newCondition(clock.now(), 'Progressing', 'True', 'FoundNewReplicaSet', message),
      );
    }
    const revision = annotations[REVISION] ?? '';
    if (isNew || this.#deployment.metadata.annotations?.[REVISION] !== revision)
      await this.writeStatus(status, revision);
  }

  /**
   * Makes the ReplicaSet that is wanted now, as large as there is room for.
   * @throws StatusError `AlreadyExists` when another template has the same hash: next time it will have another
   */
  async createCurrent(): Promise<StoredSet> {
    const { client, clock, recorder } = this.#tools;
    const deployment = this.#deployment;
    const revision = maxRevision(this.#old) + 1;
    const wanted = this.#wantedReplicaSet(revision);
    const isBounded = progressDeadline(deployment) !== undefined;
    let created: StoredSet;
    try {
      created = await client.create(resources.replicaSets, wanted);
    } catch (error) {
      if (reasonOf(error) === 'AlreadyExists') {
        created = await this.#existing(wanted, error);
        await this.#noteRevision(String(revision));
        return (this.#current = created);
      }
      if (isNamespaceTerminating(error)) throw error;
      const message = `Failed to create new replica set ${goQuote(wanted.metadata.name ?? '')}: ${messageOf(error)}`;
      recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      // What failed is the greater trouble.
      if (isBounded)
        await this.writeStatus(
          withCondition(
            deployment.status ?? {},
            newCondition(clock.now(), 'Progressing', 'False', 'ReplicaSetCreateError', message),
          ),
        ).catch(() => {});
      throw error;
    }
    this.#tools.onWritten(created);
    this.#current = created;
    const { name } = created.metadata;
    const size = replicasOf(created);
    if (size > 0) this.#tellScaled('up', name, 0, size);
    if (isBounded) {
      const message = `Created new replica set ${goQuote(name)}`;
      const condition = newCondition(
        clock.now(),
        'Progressing',
        'True',
        'NewReplicaSetCreated',
        message,
      );
      await this.writeStatus(withCondition(deployment.status ?? {}, condition), String(revision));
    } else await this.#noteRevision(String(revision));
    return created;
  }

  /**
   * Gives a ReplicaSet another size. Returns whether it has one now.
   * @param always writes the notes of the Deployment's size even if the ReplicaSet's stays the same
   */
  async scale({ metadata }: StoredSet, size: number, always = false): Promise<boolean> {
    const replicaSet = this.all.find((one) => one.metadata.uid === metadata.uid);
    if (replicaSet === undefined) return false;
    const before = replicasOf(replicaSet);
    const { annotations = {}, name } = replicaSet.metadata;
    const [desired, most] = [replicasOf(this.#deployment), mostPods(this.#deployment)];
    const isSame = before === size;
    if (isSame && !(always && !hasSizes(annotations, desired, most))) return false;
    await this.#updateReplicaSet({
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations: withSizes(annotations, desired, most) },
      spec: { ...replicaSet.spec, replicas: size },
    });
    if (!isSame) this.#tellScaled(before < size ? 'up' : 'down', name, before, size);
    return !isSame;
  }

  async deleteReplicaSet({ metadata }: StoredSet): Promise<void> {
    try {
      await this.#tools.client.delete(resources.replicaSets, metadata);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  /** Writes what its users are to write, in their place: the template and annotations. */
  async writeDeployment(deployment: Stored<Deployment>): Promise<void> {
    const written = await this.#tools.client.update(resources.deployments, deployment);
    this.#tools.onWritten(written);
    this.#deployment = written;
  }

  /** @param revision noted with it, if it is given. Returns whether there was anything to write */
  async writeStatus(status: DeploymentStatus, revision?: string): Promise<boolean> {
    const deployment = this.#deployment;
    const { annotations = {} } = deployment.metadata;
    const isNoted = revision === undefined || annotations[REVISION] === revision;
    if (isNoted && isSameStatus(deployment.status, status)) return false;
    const metadata = isNoted
      ? deployment.metadata
      : { ...deployment.metadata, annotations: { ...annotations, [REVISION]: revision } };
    const written = await this.#tools.client.update(
      resources.deployments,
      { ...deployment, metadata, status },
      { subresource: 'status' },
    );
    this.#tools.onWritten(written);
    this.#deployment = written;
    return true;
  }

  async #noteRevision(revision: string): Promise<void> {
    await this.writeStatus(this.#deployment.status ?? {}, revision);
  }

  async #updateReplicaSet(replicaSet: StoredSet): Promise<void> {
    const written = await this.#tools.client.update(resources.replicaSets, replicaSet);
    this.#tools.onWritten(written);
    const { uid } = written.metadata;
    if (this.#current?.metadata.uid === uid) this.#current = written;
    this.#old = this.#old.map((one) => (one.metadata.uid === uid ? written : one));
  }

  /** The one of this name, if it is what is wanted: it was not seen yet. */
  async #existing(wanted: ReplicaSet, error: unknown): Promise<StoredSet> {
    const deployment = this.#deployment;
    const known = this.#tools.knownReplicaSet(wanted.metadata.name ?? '');
    if (known === undefined) throw error;
    const isOurs =
      isControlledBy(known, deployment) &&
      isSameTemplate(known.spec.template, deployment.spec.template);
    if (isOurs) return known;
    const { status = {} } = deployment;
    const collisionCount = (status.collisionCount ?? 0) + 1;
    await this.writeStatus({ ...status, collisionCount });
    throw error;
  }

  #wantedReplicaSet(revision: number): ReplicaSet {
    const deployment = this.#deployment;
    const { template, selector, minReadySeconds = 0 } = deployment.spec;
    const { name, namespace } = deployment.metadata;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const annotations = withSizes(
      withRevision(deployment, {}, revision),
      replicasOf(deployment),
      mostPods(deployment),
    );
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: replicaSetName(name, hash),
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations,
        ownerReferences: [controllerRef(resources.deployments, deployment)],
      },
      spec: {
        replicas: newSize(deployment, 0, this.#old),
        minReadySeconds,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
  }

  #tellScaled(way: 'up' | 'down', name: string, from: number, to: number): void {
    const message = `Scaled ${way} replica set ${name} from ${from} to ${to}`;
    this.#tools.recorder.event(this.#deployment, 'Normal', 'ScalingReplicaSet', message);
  }
}
