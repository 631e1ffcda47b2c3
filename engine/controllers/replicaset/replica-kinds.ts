import type { Resource, Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../objects/generated/apps-v1.generated.ts';
import type { ReplicationController } from '../../objects/generated/core-v1.generated.ts';
import { labelSelectorOf, type LabelSelector } from '../../objects/selectors/label-selector.ts';

/** What keeps so many Pods of one template. */
export type ReplicaOwner = ReplicaSet | ReplicationController;

/** Wherein ReplicaSets and ReplicationControllers differ. */
export interface ReplicaKind<Owner extends ReplicaOwner> {
  readonly resource: Resource<Owner>;
  /** whom events come from */
  readonly component: string;
  /** the status says how many Pods are about to end */
  readonly reportsTerminating: boolean;
  /** @throws SelectorError */
  selectorOf(owner: Owner): LabelSelector;
  withStatus(owner: Stored<Owner>, status: ReplicaSetStatus): Stored<Owner>;
}

export const replicaSetKind: ReplicaKind<ReplicaSet> = {
  resource: resources.replicaSets,
  component: 'replicaset-controller',
  reportsTerminating: true,
  selectorOf: ({ spec }) => labelSelectorOf(spec.selector),
  withStatus: (owner, status) => ({ ...owner, status }),
};

export const replicationControllerKind: ReplicaKind<ReplicationController> = {
  resource: resources.replicationControllers,
  component: 'replication-controller',
  reportsTerminating: false,
  selectorOf: ({ spec }) => labelSelectorOf({ matchLabels: spec?.selector ?? {} }),
  withStatus: (owner, { terminatingReplicas: _none, conditions = [], ...status }) => ({
    ...owner,
    status: {
      ...status,
      conditions: conditions.map((condition) => ({ status: '', type: '', ...condition })),
    },
  }),
};
