import { change, creation, like, type GoldenCase } from '../case.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.29' }] } };
const selector = { matchLabels: { app: 'web' } };
const workload = (apiVersion: string, kind: string, spec: object) => like({ apiVersion, kind, metadata: { name: 'web' }, spec });

const deployment = workload('apps/v1', 'Deployment', { selector, template });
const replicaSet = workload('apps/v1', 'ReplicaSet', { selector, template });
const statefulSet = workload('apps/v1', 'StatefulSet', { selector, template, serviceName: 'web' });
const daemonSet = workload('apps/v1', 'DaemonSet', { selector, template });
const controller = workload('v1', 'ReplicationController', { template });
const revision = like({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'web' }, revision: 1, data: { a: 1 } });
const jobTemplate = { spec: { containers: [{ name: 'c', image: 'busybox' }], restartPolicy: 'Never' } };
const job = workload('batch/v1', 'Job', { template: jobTemplate });
const cronJob = workload('batch/v1', 'CronJob', { schedule: '*/5 * * * *', jobTemplate: { spec: { template: jobTemplate } } });
const podTemplate = like({ apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'web' }, template });

const badTemplate = {
  metadata: { labels: { other: 'x', 'a b': 'c' }, annotations: { 'a b': 'c' } },
  spec: { containers: [{ name: '', image: '' }], restartPolicy: 'Never', activeDeadlineSeconds: 5, ephemeralContainers: [{ name: 'e', image: 'x' }] },
};

export const cases: readonly GoldenCase[] = [
  creation('deployment', deployment()),
  creation('deployment with everything', deployment({ 'spec.replicas': 3, 'spec.strategy': { type: 'Recreate' }, 'spec.minReadySeconds': 5, 'spec.revisionHistoryLimit': 2, 'spec.paused': true, 'metadata.name': 'a.b' })),
  creation('deployment half a rolling update', deployment({ 'spec.strategy': { rollingUpdate: { maxSurge: 0 } } })),
  creation('deployment without replicas', deployment({ 'spec.replicas': 0 })),
  creation('empty deployment', deployment({ spec: {} })),
  creation('deployment without selector', deployment({ 'spec.selector': undefined })),
  creation('deployment with empty selector', deployment({ 'spec.selector': {} })),
  creation('deployment with bad selector', deployment({ 'spec.selector': { matchLabels: { 'a b': 'c d' }, matchExpressions: [{ key: 'a', operator: 'x' }] } })),
  creation('deployment that does not select', deployment({ 'spec.selector': { matchLabels: { app: 'other' } } })),
  creation('bad deployment', deployment({ 'spec.replicas': -1, 'spec.minReadySeconds': -1, 'spec.revisionHistoryLimit': -1, 'spec.progressDeadlineSeconds': -5, 'spec.template': badTemplate, 'spec.strategy': { type: 'Sometimes' } })),
  creation('deployment recreate with rolling update', deployment({ 'spec.strategy': { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })),
  creation('deployment that never moves', deployment({ 'spec.strategy': { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
  creation('deployment with bad amounts', deployment({ 'spec.strategy': { rollingUpdate: { maxSurge: 'x', maxUnavailable: '120%' } } })),
  creation('deployment with negative amounts', deployment({ 'spec.strategy': { rollingUpdate: { maxSurge: -1, maxUnavailable: '-5%' } } })),
  creation('deployment whose deadline is too early', deployment({ 'spec.progressDeadlineSeconds': 5, 'spec.minReadySeconds': 5 })),
  change('deployment scales', deployment(), { 'spec.replicas': 5, 'metadata.annotations': { a: 'b' } }),
  change('deployment only annotated', deployment(), { 'metadata.annotations': { a: 'b' } }),
  change('deployment only labelled', deployment(), { 'metadata.labels': { a: 'b' } }),
  change('deployment selector stays', deployment(), { 'spec.selector.matchLabels': { app: 'web', x: 'y' }, 'spec.template.metadata.labels': { app: 'web', x: 'y' } }),
  change('deployment status', deployment(), { 'spec.replicas': 9, 'metadata.labels': { x: 'y' }, status: { replicas: 2, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 2, conditions: [{ type: 'Available', status: 'True' }] } }, 'status'),
  change('bad deployment status', deployment(), { status: { replicas: 1, readyReplicas: 2, availableReplicas: 3, updatedReplicas: 4, unavailableReplicas: -1, observedGeneration: -1 } }, 'status'),
  { name: 'collisions stay', steps: [{ create: deployment() }, { update: { status: { collisionCount: 2 } }, subresource: 'status' }, { update: { status: { collisionCount: 1 } }, subresource: 'status' }] },
  creation('deployment template warns', deployment({ 'spec.template.spec.nodeSelector': { 'beta.kubernetes.io/os': 'linux' }, 'spec.template.metadata.annotations': { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } })),
  creation('replica set', replicaSet()),
  creation('replica set with template labels elsewhere', replicaSet({ 'spec.selector': { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } })),
  creation('bad replica set', replicaSet({ 'spec.replicas': -1, 'spec.minReadySeconds': -1, 'spec.selector': {}, 'spec.template': badTemplate })),
  change('replica set selector stays', replicaSet(), { 'spec.selector.matchLabels': { app: 'web', x: 'y' }, 'spec.template.metadata.labels': { app: 'web', x: 'y' } }),
  change('bad replica set status', replicaSet(), { status: { replicas: 1, readyReplicas: 2, availableReplicas: 3, fullyLabeledReplicas: 4 } }, 'status'),
  creation('replication controller', controller()),
  creation('replication controller with selector', controller({ 'spec.selector': { app: 'web' }, 'metadata.labels': { a: 'b' } })),
  creation('bad replication controller', controller({ 'spec.replicas': -1, 'spec.selector': { app: 'other' }, 'spec.minReadySeconds': -1, 'spec.template.spec.restartPolicy': 'Never' })),
  creation('replication controller without template', controller({ 'spec.template': undefined })),
  creation('stateful set', statefulSet()),
  creation('stateful set with claims', statefulSet({ 'spec.volumeClaimTemplates': [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }], 'spec.template.spec.containers[0].volumeMounts': [{ name: 'data', mountPath: '/data' }] })),
  creation('stateful set on delete', statefulSet({ 'spec.updateStrategy': { type: 'OnDelete' }, 'spec.ordinals': { start: 3 }, 'spec.podManagementPolicy': 'Parallel' })),
  creation('stateful set on delete with rolling update', statefulSet({ 'spec.updateStrategy': { type: 'OnDelete', rollingUpdate: { partition: 1 } } })),
  creation('bad stateful set', statefulSet({ 'spec.replicas': -1, 'spec.serviceName': 'A_', 'spec.podManagementPolicy': 'x', 'spec.updateStrategy': { type: 'x' }, 'spec.ordinals': { start: -1 }, 'spec.persistentVolumeClaimRetentionPolicy': { whenDeleted: 'x', whenScaled: 'y' }, 'spec.template': badTemplate, 'spec.minReadySeconds': -1, 'spec.revisionHistoryLimit': -1, 'spec.volumeClaimTemplates': [{ metadata: { name: 'data' }, spec: {} }] })),
  creation('stateful set rolling badly', statefulSet({ 'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { partition: -1, maxUnavailable: 0 } } })),
  creation('stateful set without selector', statefulSet({ 'spec.selector': undefined })),
  change('stateful set template may change', statefulSet(), { 'spec.template.spec.containers[0].image': 'nginx:2', 'spec.replicas': 4 }),
  change('stateful set is fixed otherwise', statefulSet(), { 'spec.serviceName': 'other', 'spec.podManagementPolicy': 'Parallel', 'spec.volumeClaimTemplates': [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }], 'spec.selector.matchLabels': { app: 'web', x: 'y' }, 'spec.template.metadata.labels': { app: 'web', x: 'y' } }),
  change('bad stateful set status', statefulSet(), { status: { replicas: 1, readyReplicas: 2, currentReplicas: 3, updatedReplicas: 4, availableReplicas: 5 } }, 'status'),
  creation('daemon set', daemonSet()),
  creation('daemon set with surge', daemonSet({ 'spec.updateStrategy': { rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } } })),
  creation('bad daemon set', daemonSet({ 'spec.selector': {}, 'spec.template': badTemplate, 'spec.minReadySeconds': -1, 'spec.revisionHistoryLimit': -1, 'spec.updateStrategy': { type: 'x' } })),
  creation('daemon set without selector', daemonSet({ 'spec.selector': undefined })),
  creation('daemon set both ways', daemonSet({ 'spec.updateStrategy': { rollingUpdate: { maxSurge: 1, maxUnavailable: '200%' } } })),
  creation('daemon set no way', daemonSet({ 'spec.updateStrategy': { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
  change('daemon set template changes', daemonSet(), { 'spec.template.spec.containers[0].image': 'nginx:2' }),
  change('daemon set selector stays', daemonSet(), { 'spec.selector.matchLabels': { app: 'web', x: 'y' }, 'spec.template.metadata.labels': { app: 'web', x: 'y' } }),
  change('bad daemon set status', daemonSet(), { status: { currentNumberScheduled: -1, numberMisscheduled: -1, desiredNumberScheduled: -1, numberReady: -1, numberAvailable: -1 } }, 'status'),
  creation('controller revision', revision()),
  creation('bad controller revision', revision({ revision: -1, data: undefined })),
  creation('controller revision of a list', revision({ data: [1] })),
  change('controller revision stays', revision(), { data: { a: 2 } }),
  creation('pod template', podTemplate()),
  creation('bad pod template', podTemplate({ template: badTemplate })),
  change('pod template changes', podTemplate(), { 'template.metadata.labels': { a: 'b' } }),
  creation('job', job()),
  creation('job with labels', job({ 'metadata.labels': { a: 'b' }, 'spec.template.metadata': { labels: { x: 'y' } }, 'spec.parallelism': 3 })),
  creation('indexed job', job({ 'spec.completionMode': 'Indexed', 'spec.completions': 5, 'spec.backoffLimitPerIndex': 1, 'spec.maxFailedIndexes': 2, 'spec.successPolicy': { rules: [{ succeededIndexes: '0-2', succeededCount: 2 }] } })),
  creation('job with failure policy', job({ 'spec.podFailurePolicy': { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } }, { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] } })),
  creation('manual selector', job({ 'spec.manualSelector': true, 'spec.selector': selector, 'spec.template.metadata': { labels: { app: 'web' } } })),
  creation('manual selector that is missing', job({ 'spec.manualSelector': true })),
  creation('job that always restarts', job({ 'spec.template.spec.restartPolicy': 'Always' })),
  creation('job with unknown restarts', job({ 'spec.template.spec.restartPolicy': 'x' })),
  creation('bad job', job({
    'spec.parallelism': -1, 'spec.completions': -1, 'spec.activeDeadlineSeconds': -1, 'spec.backoffLimit': -1, 'spec.ttlSecondsAfterFinished': -1, 'spec.backoffLimitPerIndex': -1, 'spec.maxFailedIndexes': -1,
    'spec.managedBy': 'x', 'spec.completionMode': 'x', 'spec.podReplacementPolicy': 'x',
  })),
  creation('bad indexed job', job({ 'metadata.name': 'a'.repeat(62), 'spec.completionMode': 'Indexed', 'spec.completions': 200000, 'spec.parallelism': 150000, 'spec.backoffLimitPerIndex': 1, 'spec.maxFailedIndexes': 300000, 'spec.managedBy': `example.com/${'x'.repeat(60)}`, 'spec.successPolicy': { rules: [{}, { succeededIndexes: '5-1' }, { succeededIndexes: 'a' }, { succeededIndexes: '1-2-3' }, { succeededIndexes: '1,0' }, { succeededIndexes: '999999' }, { succeededIndexes: '1-3', succeededCount: 9 }, { succeededCount: 300000 }] } })),
  creation('indexed job without completions', job({ 'spec.completionMode': 'Indexed', 'spec.parallelism': 2, 'spec.successPolicy': { rules: [] } })),
  creation('bad failure policy', job({
    'spec.template.spec.restartPolicy': 'OnFailure', 'spec.podReplacementPolicy': 'TerminatingOrFailed',
    'spec.podFailurePolicy': { rules: [{ action: '' }, { action: 'x', onExitCodes: { operator: '', values: [0] } }, { action: 'FailIndex', onExitCodes: { operator: 'In', containerName: 'nobody', values: [2, 1, 0, 2] }, onPodConditions: [{ type: 'a b', status: 'x' }] }, { action: 'Count', onExitCodes: { operator: 'x', values: [1] } }] },
  })),
  creation('job with own selector', job({ 'spec.selector': selector })),
  creation('job with wrong labels', job({ 'spec.template.metadata': { labels: { 'job-name': 'x', 'controller-uid': 'y' } } })),
  change('job may be suspended', job(), { 'spec.suspend': true, 'spec.parallelism': 4 }),
  change('job template stays', job(), { 'spec.template.spec.containers[0].image': 'x' }),
  change('job is fixed otherwise', job(), { 'spec.completions': 4, 'spec.completionMode': 'Indexed', 'spec.managedBy': 'example.com/x', 'spec.podFailurePolicy': { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }] }, 'spec.backoffLimitPerIndex': 1 }),
  change('suspended job may be placed', job({ 'spec.suspend': true }), { 'spec.template.spec.nodeSelector': { a: 'b' }, 'spec.template.spec.containers[0].resources': { requests: { cpu: '1' } }, 'spec.template.metadata.annotations': { a: 'b' } }),
  change('suspended job keeps its image', job({ 'spec.suspend': true }), { 'spec.template.spec.containers[0].image': 'x' }),
  change('elastic job', job({ 'spec.completionMode': 'Indexed', 'spec.completions': 3, 'spec.parallelism': 3 }), { 'spec.completions': 5, 'spec.parallelism': 5 }),
  change('inelastic job', job({ 'spec.completionMode': 'Indexed', 'spec.completions': 3, 'spec.parallelism': 3 }), { 'spec.completions': 5 }),
  {
    name: 'job status',
    steps: [
      { create: job() },
      { update: { status: { startTime: '2026-01-01T00:00:00Z', active: 1 } }, subresource: 'status' },
      { update: { status: { startTime: '2026-01-02T00:00:00Z', active: -1, ready: 3, completionTime: '2026-01-01T00:00:00Z', conditions: [{ type: 'Complete', status: 'True' }, { type: 'Failed', status: 'True' }, { type: 'FailureTarget', status: 'True' }], uncountedTerminatedPods: { succeeded: ['a', 'a', ''], failed: ['b'] }, completedIndexes: '0-5', failedIndexes: 'x' } }, subresource: 'status' },
      { update: { status: { active: 2, conditions: [{ type: 'Complete', status: 'True' }], terminating: 1 } }, subresource: 'status' },
      { update: { status: { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:01:00Z', succeeded: 1, conditions: [{ type: 'SuccessCriteriaMet', status: 'True' }, { type: 'Complete', status: 'True' }] } }, subresource: 'status' },
      { update: { status: { succeeded: 0 } }, subresource: 'status' },
    ],
  },
  creation('cron job', cronJob()),
  creation('cron job with words', cronJob({ 'spec.schedule': '@hourly', 'spec.timeZone': 'Europe/Berlin', 'spec.concurrencyPolicy': 'Forbid', 'spec.startingDeadlineSeconds': 5 })),
  creation('bad cron job', cronJob({ 'metadata.name': 'a'.repeat(53), 'spec.schedule': '', 'spec.concurrencyPolicy': 'x', 'spec.timeZone': '', 'spec.startingDeadlineSeconds': -1, 'spec.successfulJobsHistoryLimit': -1, 'spec.failedJobsHistoryLimit': -1, 'spec.jobTemplate.spec.selector': selector, 'spec.jobTemplate.spec.manualSelector': true, 'spec.jobTemplate.spec.template.spec.restartPolicy': 'Always' })),
  ...['* * * *', 'x * * * *', '60 * * * *', '* 5-2 * * *', '* * 0 * *', '* * * jan-xyz *', '*/0 * * * *', '1-2-3 * * * *', '1/2/3 * * * *', '* * * * 7', '-5 * * * *', '@sometimes', '@every x', '@every 5m', 'TZ=UTC 0 0 * * *', 'TZ=Nowhere/x 0 0 * * *', '0 0 1,15 JAN-MAR Mon'].map(
    (schedule) => creation(`schedule ${schedule}`, cronJob({ 'spec.schedule': schedule })),
  ),
  ...['local', 'Mars/Base', 'a//b', '../etc', 'UTC', 'toolongnameforazone/x'].map((zone) => creation(`time zone ${zone}`, cronJob({ 'spec.timeZone': zone }))),
  change('cron job may change', cronJob(), { 'spec.schedule': '0 0 * * *', 'spec.suspend': true }),
  change('cron job status', cronJob(), { status: { lastScheduleTime: '2026-01-01T00:00:00Z', active: [{ kind: 'Job', name: 'x' }] } }, 'status'),
];
