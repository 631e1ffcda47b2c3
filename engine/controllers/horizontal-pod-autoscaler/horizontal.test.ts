import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../base/message-of.ts';
import { resources } from '../../client/resources.ts';
import type {
  HorizontalPodAutoscalerSpec,
  MetricSpec,
} from '../../objects/generated/autoscaling-v2.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';
import { podsBecome } from '../testing/pods-become.ts';
import { takeWrites } from '../testing/sent-writes.ts';

const PERIOD = 15_000;
const labels = { app: 'web' };

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter((each) => each.name === 'horizontal-pod-autoscaler-controller'),
  );
});
let name = { namespace: '', name: 'web' };
/** what the metrics APIs have, by path and query */
let answers: Record<string, object> = {};
beforeEach(async () => {
  name = { namespace: await namespaceOfTest(world), name: 'web' };
  answers = {};
  world.elsewhere = (path) => answers[path];
});
afterEach(async () => {
  await world.client.delete(resources.horizontalPodAutoscalers, name);
  await world.settle();
  world.errors.length = 0;
});
afterAll(() => world.end());

/** A Deployment and as many Pods of its, all past their start. */
async function deploy(replicas: number, pods = replicas): Promise<void> {
  const containers = [
    { name: 'c', image: 'i', resources: { requests: { cpu: '100m', memory: '64Mi' } } },
  ];
  await world.client.create(resources.deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: name,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
  const patch = { status: { replicas } };
  await world.client.patch(
    resources.deployments,
    name,
    { type: 'merge', patch },
    {
      subresource: 'status',
    },
  );
  for (let index = 0; index < pods; index++) {
    const pod = await world.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: name.namespace, name: `web-${index}`, labels },
      spec: { containers },
    });
    await podsBecome(world, [pod], 'Ready');
  }
  await world.advance(6 * 60_000);
  world.sent.length = 0;
}

async function autoscale(
  metrics: readonly MetricSpec[],
  spec: Partial<HorizontalPodAutoscalerSpec> = {},
): Promise<void> {
  await world.client.create(resources.horizontalPodAutoscalers, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: name,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics,
      ...spec,
    },
  });
  await world.settle();
}

/** By the metrics server, of so many thousandths of a core for each Pod. */
function feedCpu(...millis: number[]): void {
  answers[`/apis/metrics.k8s.io/v1beta1/namespaces/${name.namespace}/pods?labelSelector=app=web`] =
    {
      kind: 'PodMetricsList',
      metadata: {},
      items: millis.map((milli, index) => ({
        metadata: { name: `web-${index}`, namespace: name.namespace },
        timestamp: formatTime(world.clock.now()),
        window: '30s',
        containers: [{ name: 'c', usage: { cpu: `${milli}m`, memory: '32Mi' } }],
      })),
    };
}

function feedCustom(path: string, ...values: (readonly [string, string])[]): void {
  const group = '/apis/custom.metrics.k8s.io';
  answers[group] = {
    preferredVersion: { version: 'v1beta2' },
    versions: [{ version: 'v1beta2' }, { version: 'v1beta1' }],
  };
  answers[`${group}/v1beta2/namespaces/${name.namespace}/${path}`] = {
    items: values.map(([object, value]) => ({
      describedObject: { name: object },
      timestamp: formatTime(world.clock.now()),
      value,
    })),
  };
}

function feedExternal(path: string, ...values: string[]): void {
  answers[`/apis/external.metrics.k8s.io/v1beta1/namespaces/${name.namespace}/${path}`] = {
    items: values.map((value) => ({ metricName: 'm', value })),
  };
}

const replicas = async () => (await world.client.get(resources.deployments, name)).spec.replicas;
const statusNow = async () =>
  (await world.client.get(resources.horizontalPodAutoscalers, name)).status;

async function conditions(): Promise<string[]> {
  return ((await statusNow())?.conditions ?? []).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  );
}

async function events(): Promise<string[]> {
  const { items } = await world.client.list(resources.events, { namespace: name.namespace });
  return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

const cpu = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

describe('an autoscaler', () => {
  it('adds Pods when they use more than they should', async () => {
    await deploy(2);
    feedCpu(90, 70);
    await autoscale([cpu(50)]);
    expect(takeWrites(world)).toEqual([
      'PUT deployments/web/scale',
      'PUT horizontalpodautoscalers/web/status',
    ]);
    expect(await replicas()).toBe(4);
    expect(await statusNow()).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      observedGeneration: 1,
      lastScaleTime: formatTime(world.clock.now()),
      currentMetrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', current: { averageUtilization: 80, averageValue: '80m' } },
        },
      ],
    });
    expect(await conditions()).toEqual([
      'AbleToScale=True SucceededRescale: the HPA controller was able to update the target scale to 4',
      'ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      'ScalingLimited=False DesiredWithinRange: the desired count is within the acceptable range',
      'ScaledToZero=False NotScaledToZero: the HPA controller did not scale the workload to zero',
    ]);
    expect(await events()).toEqual([
      'Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    ]);
  });

  it('removes Pods when nothing asked for as many in the last five minutes', async () => {
    await deploy(4);
    feedCpu(50, 50, 50, 50);
    await autoscale([cpu(50)]);
    feedCpu(10, 10, 10, 10);
    await world.advance(PERIOD);
    expect(await replicas()).toBe(4);
    expect((await conditions())[0]).toBe(
      'AbleToScale=True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation',
    );
    await world.advance(300_000, PERIOD);
    expect(await replicas()).toBe(1);
    expect(await events()).toEqual([
      'Normal SuccessfulRescale: New size: 1; reason: All metrics below target',
    ]);
  });

  it('says why it cannot get metrics', async () => {
    await deploy(1);
    await autoscale([cpu(50)]);
    const missing =
      'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
    expect(await conditions()).toEqual([
      "AbleToScale=True SucceededGetScale: the HPA controller was able to get the target's current scale",
      `ScalingActive=False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: ${missing}`,
    ]);
    expect(await events()).toEqual([
      `Warning FailedGetResourceMetric: failed to get cpu utilization: ${missing}`,
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: ${missing}`,
    ]);
    expect(world.errors.map(messageOf)).toEqual([
      expect.stringContaining(
        `failed to compute desired number of replicas based on listed metrics for Deployment/${name.namespace}/web`,
      ),
    ]);
    feedCpu(100);
    await world.advance(PERIOD);
    expect(await replicas()).toBe(2);
  });

  it('keeps within its limits without asking for metrics, and leaves none alone', async () => {
    await deploy(1);
    await autoscale([cpu(50)], { minReplicas: 3 });
    expect(await replicas()).toBe(3);
    expect(await events()).toEqual([
      'Normal SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas',
    ]);
    await world.client.patch(resources.deployments, name, {
      type: 'merge',
      patch: { spec: { replicas: 0 } },
    });
    await world.advance(PERIOD);
    expect(await replicas()).toBe(0);
    expect(await conditions()).toContain(
      'ScalingActive=False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
    );
  });

  it('says when there is nothing to scale', async () => {
    await autoscale([cpu(50)]);
    expect(await conditions()).toEqual([
      'AbleToScale=False FailedGetScale: the HPA controller was unable to get the target\'s current scale: deployments.apps "web" not found',
    ]);
    expect(await events()).toEqual(['Warning FailedGetScale: deployments.apps "web" not found']);
    const other = { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Ship', name: 'web' } };
    await world.client.patch(resources.horizontalPodAutoscalers, name, {
      type: 'merge',
      patch: { spec: other },
    });
    await world.settle();
    expect(await events()).toContain(
      'Warning FailedGetScale: no matches for kind "Ship" in group "example.com"',
    );
  });

  it('does not share Pods with another one', async () => {
    await deploy(1);
    feedCpu(100);
    await autoscale([cpu(100)]);
    const own = name;
    name = { ...name, name: 'other' };
    await autoscale([cpu(100)]);
    expect((await conditions())[1]).toMatch(
      /^ScalingActive=False AmbiguousSelector: pods by selector app=web are controlled by more than one HPA/,
    );
    await world.client.delete(resources.horizontalPodAutoscalers, own);
  });

  it('goes by the metric that asks for most, and gets no smaller while one fails', async () => {
    await deploy(4);
    feedCpu(10, 10, 10, 10);
    feedCustom('pods/*/requests?labelSelector=app=web', ['web-0', '30'], ['web-1', '30']);
    const requests = (target: string): MetricSpec => ({
      type: 'Pods',
      pods: {
        metric: { name: 'requests' },
        target: { type: 'AverageValue', averageValue: target },
      },
    });
    await autoscale([cpu(50), requests('20')], {
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    });
    // Two Pods without the metric count as idle, which turns the direction: as many as there are.
    expect(await replicas()).toBe(4);
    delete answers['/apis/custom.metrics.k8s.io'];
    await world.advance(PERIOD);
    expect(await replicas()).toBe(4);
    expect((await conditions())[1]).toBe(
      'ScalingActive=False FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get metric requests: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    );
  });
});

describe('metrics', () => {
  it('of one container', async () => {
    await deploy(2);
    feedCpu(150, 150);
    await autoscale([
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'cpu',
          container: 'c',
          target: { type: 'Utilization', averageUtilization: 100 },
        },
      },
    ]);
    expect(await replicas()).toBe(3);
    expect((await events())[0]).toBe(
      'Normal SuccessfulRescale: New size: 3; reason: cpu container resource utilization (percentage of request) above target',
    );
  });

  it('of memory, by value', async () => {
    await deploy(2);
    feedCpu(1, 1);
    await autoscale([
      {
        type: 'Resource',
        resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '16Mi' } },
      },
    ]);
    expect(await replicas()).toBe(4);
    expect((await statusNow())?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '32Mi' } } },
    ]);
  });

  it('of another object', async () => {
    await deploy(2);
    feedCustom('ingresses.networking.k8s.io/main/requests?metricLabelSelector=verb=GET', [
      'main',
      '3k',
    ]);
    await autoscale([
      {
        type: 'Object',
        object: {
          describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' },
          metric: { name: 'requests', selector: { matchLabels: { verb: 'GET' } } },
          target: { type: 'Value', value: '2k' },
        },
      },
    ]);
    expect(await replicas()).toBe(3);
    expect((await events())[0]).toBe(
      'Normal SuccessfulRescale: New size: 3; reason: Ingress metric requests above target',
    );
  });

  it('of something outside, down to none and up again', async () => {
    await deploy(1);
    feedExternal('queue?labelSelector=name=work', '30', '10');
    await autoscale(
      [
        {
          type: 'External',
          external: {
            metric: { name: 'queue', selector: { matchLabels: { name: 'work' } } },
            target: { type: 'AverageValue', averageValue: '10' },
          },
        },
      ],
      { minReplicas: 0, behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } },
    );
    expect(await replicas()).toBe(4);
    expect((await events())[0]).toBe(
      'Normal SuccessfulRescale: New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{name: work,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
    );
    feedExternal('queue?labelSelector=name=work', '0');
    await world.advance(PERIOD);
    expect(await replicas()).toBe(0);
    expect(await conditions()).toContain(
      'ScaledToZero=True ScaledToZero: the HPA controller scaled the workload to zero',
    );
    feedExternal('queue?labelSelector=name=work', '5');
    await world.advance(PERIOD);
    expect(await replicas()).toBe(1);
  });
});

it('keeps to the policies of its behaviour', async () => {
  await deploy(2);
  feedCpu(500, 500);
  await autoscale([cpu(50)], {
    behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
  });
  expect(await replicas()).toBe(3);
  expect(await conditions()).toContain(
    'ScalingLimited=True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate',
  );
  await world.advance(45_000, PERIOD);
  expect(await replicas()).toBe(3);
  await world.advance(30_000, PERIOD);
  expect(await replicas()).toBe(4);
});
