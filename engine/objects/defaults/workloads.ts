import type {
  DaemonSet,
  DaemonSetSpec,
  Deployment,
  DeploymentSpec,
  ReplicaSet,
  ReplicaSetSpec,
  RollingUpdateDaemonSet,
  RollingUpdateDeployment,
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../generated/apps-v1.generated.ts';
import type {
  CronJob,
  CronJobSpec,
  Job,
  JobSpec,
  JobTemplateSpec,
  PodFailurePolicy,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '../generated/batch-v1.generated.ts';
import type { PersistentVolumeClaim } from '../generated/core-v1.generated.ts';
import { persistentVolumeClaim, withLabelsOfTemplate } from './core.ts';
import { defaulting, each, type Defaulting } from './defaulting.ts';
import { podTemplateSpec } from './pod.ts';

/** Defaults of the controllers of Pods (upstream's `apis/apps/v1` and `apis/batch/v1`). */

/** A strategy rolls unless it says otherwise, with defaults of its own. */
function rollingStrategy<R>(rolling: Defaulting<R>) {
  return <T extends { readonly type?: string; readonly rollingUpdate?: R }>(given: T): T => {
    const { type = 'RollingUpdate', rollingUpdate = {} as R } = given;
    return type === 'RollingUpdate'
      ? { ...given, type, rollingUpdate: rolling(rollingUpdate) }
      : given;
  };
}

const deploymentStrategy = rollingStrategy<RollingUpdateDeployment>(
  defaulting<RollingUpdateDeployment>({ missing: { maxUnavailable: '25%', maxSurge: '25%' } }),
);

export const deployment = defaulting<Deployment>({
  missing: { spec: {} as DeploymentSpec },
  within: {
    spec: defaulting<DeploymentSpec>({
      missing: {
        replicas: 1,
        strategy: {},
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      within: { strategy: deploymentStrategy, template: podTemplateSpec },
    }),
  },
});

export const replicaSet = defaulting<ReplicaSet>({
  within: {
    spec: defaulting<ReplicaSetSpec>({
      missing: { replicas: 1 },
      within: { template: podTemplateSpec },
    }),
  },
});

const daemonSetStrategy = rollingStrategy<RollingUpdateDaemonSet>(
  defaulting<RollingUpdateDaemonSet>({ missing: { maxUnavailable: 1, maxSurge: 0 } }),
);

export const daemonSet = defaulting<DaemonSet>({
  missing: { spec: {} as DaemonSetSpec },
  within: {
    spec: defaulting<DaemonSetSpec>({
      missing: { updateStrategy: {}, revisionHistoryLimit: 10 },
      within: { updateStrategy: daemonSetStrategy, template: podTemplateSpec },
    }),
  },
});

/** `rollingUpdate` is made only together with the type. */
const statefulSetStrategy = defaulting<StatefulSetUpdateStrategy>({
  missing: {
    rollingUpdate: ({ type }) => (type === undefined ? {} : undefined),
    type: 'RollingUpdate',
  },
});

const rollingStatefulSet = defaulting<StatefulSetUpdateStrategy>({
  within: {
    rollingUpdate: defaulting<RollingUpdateStatefulSetStrategy>({
      missing: { partition: 0, maxUnavailable: 1 },
    }),
  },
});

/** Whatever they are called, they are claims. */
const claimTemplate: Defaulting<PersistentVolumeClaim> = (claim) => ({
  ...persistentVolumeClaim(claim),
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
});

export const statefulSet = defaulting<StatefulSet>({
  missing: { spec: {} as StatefulSetSpec },
  within: {
    spec: defaulting<StatefulSetSpec>({
      missing: {
        podManagementPolicy: 'OrderedReady',
        updateStrategy: {},
        persistentVolumeClaimRetentionPolicy: {},
        replicas: 1,
        revisionHistoryLimit: 10,
      },
      within: {
        updateStrategy: (given) => {
          const strategy = statefulSetStrategy(given);
          return strategy.type === 'RollingUpdate' ? rollingStatefulSet(strategy) : strategy;
        },
        persistentVolumeClaimRetentionPolicy:
          defaulting<StatefulSetPersistentVolumeClaimRetentionPolicy>({
            missing: { whenDeleted: 'Retain', whenScaled: 'Retain' },
          }),
        template: podTemplateSpec,
        volumeClaimTemplates: each(claimTemplate),
      },
    }),
  },
});

const podFailurePolicy = defaulting<PodFailurePolicy>({
  within: {
    rules: each(
      defaulting<PodFailurePolicyRule>({
        within: {
          onPodConditions: each(
            defaulting<PodFailurePolicyOnPodConditionsPattern>({ zero: { status: 'True' } }),
          ),
        },
      }),
    ),
  },
});

/** Inside a CronJob's template only the Pods and their failures have defaults. */
const jobTemplateParts = { template: podTemplateSpec, podFailurePolicy };

export const job = defaulting<Job>({
  first: withLabelsOfTemplate,
  missing: { spec: {} as JobSpec },
  within: {
    spec: defaulting<JobSpec>({
      missing: {
        completions: ({ parallelism }) => (parallelism === undefined ? 1 : undefined),
        parallelism: 1,
        backoffLimit: ({ backoffLimitPerIndex }) =>
          backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: ({ podFailurePolicy: policy }) =>
          policy === undefined ? 'TerminatingOrFailed' : 'Failed',
        manualSelector: false,
      },
      within: jobTemplateParts,
    }),
  },
});

export const cronJob = defaulting<CronJob>({
  missing: { spec: {} as CronJobSpec },
  within: {
    spec: defaulting<CronJobSpec>({
      missing: {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
      },
      within: {
        jobTemplate: defaulting<JobTemplateSpec>({
          within: { spec: defaulting<JobSpec>({ within: jobTemplateParts }) },
        }),
      },
    }),
  },
});
