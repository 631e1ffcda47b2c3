import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { keyOf, type Index } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Deployment, ReplicaSet } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { claim } from '../pods/claim.ts';
import { byController, controllerOf } from '../pods/controller-ref.ts';
import { followDependents } from '../pods/follow-dependents.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { workOn } from '../work-loop.ts';
import { conditionOf, newCondition, withCondition } from './deployment-conditions.ts';
import {
  deploymentStatus,
  nextProgressCheck,
  progressDeadline,
  rolloutStatus,
  type RolloutFacts,
} from './deployment-status.ts';
import { rollBack } from './rollback.ts';
import { cleanUp, followSize, isScaled, recreateOneStep, rollOneStep } from './rollout-steps.ts';
import { rollbackTo } from './revisions.ts';
import { Rollout } from './rollout.ts';

const WORKERS = 5;
/** Failures after which one is left alone until something changes: the last wait is 82 s. */
const MOST_RETRIES = 15;

type StoredDeployment = Stored<Deployment>;

/** Rolls out Deployments over ReplicaSets (upstream's `DeploymentController`). */
export class DeploymentController implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Index<Pod>;
  readonly #writes = new OwnWrites();
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    const { clock, informers, onError } = context;
    this.#context = context;
    this.#recorder = context.recorder('deployment-controller');
    this.#queue = new WorkQueue({
      clock,
      // Somebody else wrote or deleted first, which is no failure: what they did is about to show.
      onError: (error) => {
        const reason = reasonOf(error);
        if (reason !== 'Conflict' && reason !== 'NotFound') onError(error);
      },
    });
    this.#deployments = informers.of(resources.deployments);
    this.#replicaSets = informers.of(resources.replicaSets);
    const pods = informers.of(resources.pods);
    this.#pods = pods.store.addIndex(byController);
    const add = ({ metadata }: StoredDeployment): void => this.#queue.add(keyOf(metadata));
    this.#deployments.addHandler({
      onAdd: add,
      onUpdate: (_old, deployment) => add(deployment),
      onDelete: add,
    });
    followDependents(this.#replicaSets, {
      owners: this.#deployments.store,
      ownerResource: resources.deployments,
      selectorOf: ({ spec }) => labelSelectorOf(spec.selector),
      onChange: add,
    });
    // One that ends all Pods before it begins new ones waits for the last.
    pods.addHandler({
      onDelete: (pod) => {
        const deployment = this.#deploymentOf(pod);
        if (deployment?.spec.strategy?.type === 'Recreate') add(deployment);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, async (key) => {
      try {
        await this.#sync(key);
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        if (this.#queue.failures(key) < MOST_RETRIES) throw error;
        this.#context.onError(error);
      }
    });
  }

  #deploymentOf({ metadata }: Stored<Pod>): StoredDeployment | undefined {
    const { namespace = '' } = metadata;
    const owner = controllerOf({ metadata });
    if (owner?.kind !== 'ReplicaSet') return undefined;
    const replicaSet = this.#replicaSets.store.get({ namespace, name: owner.name });
    if (replicaSet === undefined || replicaSet.metadata.uid !== owner.uid) return undefined;
    const controller = controllerOf(replicaSet);
    if (controller?.kind !== 'Deployment') return undefined;
    const deployment = this.#deployments.store.get({ namespace, name: controller.name });
    return deployment?.metadata.uid === controller.uid ? deployment : undefined;
  }

  async #sync(key: string): Promise<void> {
    if (!this.#writes.areShown(key, () => this.#queue.add(key))) return;
    const deployment = this.#deployments.store.getByKey(key);
    if (deployment === undefined) {
      this.#writes.forget(key);
      return;
    }
    const selector = labelSelectorOf(deployment.spec.selector);
    if (selector?.length === 0) return this.#refuse(key, deployment);
    const { client } = this.#context;
    const { namespace = '', deletionTimestamp } = deployment.metadata;
    const replicaSets = await claim(this.#replicaSets.store.list(namespace), {
      client,
      resource: resources.replicaSets,
      owner: deployment,
      ownerResource: resources.deployments,
      selector,
      onWritten: (replicaSet) => this.#writes.add(key, this.#replicaSets, replicaSet),
    });
    const rollout = this.#begin(key, deployment, replicaSets);
    if (deletionTimestamp !== undefined) {
      await rollout.syncRevision();
      await rollout.writeStatus(deploymentStatus(this.#factsOf(rollout)));
      return;
    }
    await this.#notePause(rollout);
    await rollout.syncRevision();
    const revision = rollbackTo(rollout.deployment);
    const { paused = false } = deployment.spec;
    if (!paused && revision !== undefined) {
      if (rollout.current === undefined) await rollout.createCurrent();
      return rollBack(rollout, this.#recorder, revision);
    }
    if (paused || isScaled(rollout)) {
      await followSize(rollout);
      if (paused && revision === undefined) await cleanUp(rollout);
      await rollout.writeStatus(deploymentStatus(this.#factsOf(rollout)));
      return;
    }
    if (deployment.spec.strategy?.type === 'Recreate')
      await recreateOneStep(rollout, ({ metadata }) => this.#pods.get(metadata.uid));
    else await rollOneStep(rollout);
    await this.#writeProgress(key, rollout);
  }

  /** One that would select everything is not worked on. */
  async #refuse(key: string, deployment: StoredDeployment): Promise<void> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#recorder.event(deployment, 'Warning', 'SelectingAll', message);
    const { generation: observedGeneration = 0 } = deployment.metadata;
    if ((deployment.status?.observedGeneration ?? 0) < observedGeneration)
      await this.#begin(key, deployment, []).writeStatus({
        ...deployment.status,
        observedGeneration,
      });
  }

  #begin(
    key: string,
    deployment: StoredDeployment,
    replicaSets: readonly Stored<ReplicaSet>[],
  ): Rollout {
    const { client, clock } = this.#context;
    const { namespace = '' } = deployment.metadata;
    return new Rollout(
      {
        client,
        clock,
        recorder: this.#recorder,
        knownReplicaSet: (name) => this.#replicaSets.store.get({ namespace, name }),
        onWritten: (object) =>
          this.#writes.add(
            key,
            object.kind === 'Deployment' ? this.#deployments : this.#replicaSets,
            object,
          ),
      },
      deployment,
      replicaSets,
    );
  }

  #factsOf({ deployment, current, old }: Rollout): RolloutFacts {
    return { deployment, current, old, now: this.#context.clock.now() };
  }

  /** A pause stops the time in which it has to get on, so that it does not run out meanwhile. */
  async #notePause(rollout: Rollout): Promise<void> {
    const { deployment } = rollout;
    if (progressDeadline(deployment) === undefined) return;
    const reason = conditionOf(deployment.status, 'Progressing')?.reason;
    const { paused = false } = deployment.spec;
    const isNoted = reason === 'DeploymentPaused';
    if (reason === 'ProgressDeadlineExceeded' || paused === isNoted) return;
    const [now, message] = paused
      ? (['DeploymentPaused', 'Deployment is paused'] as const)
      : (['DeploymentResumed', 'Deployment is resumed'] as const);
    const time = this.#context.clock.now();
    await rollout.writeStatus(
      withCondition(
        deployment.status ?? {},
        newCondition(time, 'Progressing', 'Unknown', now, message),
      ),
    );
  }

  /** Tells how it gets on; where nothing is new, it comes again when it ought to have got on. */
  async #writeProgress(key: string, rollout: Rollout): Promise<void> {
    const facts = this.#factsOf(rollout);
    const status = rolloutStatus(facts);
    if (await rollout.writeStatus(status)) return;
    const next = nextProgressCheck(facts.deployment, status, facts.now);
    if (next === 0) this.#queue.addRateLimited(key);
    else if (next !== undefined) this.#queue.addAfter(key, next);
  }
}
