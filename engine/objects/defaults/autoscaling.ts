import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../generated/autoscaling-v1.generated.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricSpec,
} from '../generated/autoscaling-v2.generated.ts';
import { defaulting, isEmpty, type Defaulting } from './defaulting.ts';

const averageCpu: readonly MetricSpec[] = [
  {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
  },
];

/** Up at once, by four Pods or to the double every 15 seconds, whichever is more. */
const scaleUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

/** Down as far as wanted, after the window the controller is configured with. */
const scaleDown: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

const behavior: Defaulting<HorizontalPodAutoscalerBehavior> = (given) => ({
  scaleUp: { ...scaleUp, ...given.scaleUp },
  scaleDown: { ...scaleDown, ...given.scaleDown },
});

export const horizontalPodAutoscaler = defaulting<HorizontalPodAutoscaler>({
  missing: { spec: {} as HorizontalPodAutoscalerSpec },
  within: {
    spec: defaulting<HorizontalPodAutoscalerSpec>({
      first: (spec) => (isEmpty(spec.metrics) ? { ...spec, metrics: averageCpu } : spec),
      missing: { minReplicas: 1 },
      within: { behavior },
    }),
  },
});

export const horizontalPodAutoscalerV1 = defaulting<HorizontalPodAutoscalerV1>({
  within: { spec: defaulting({ missing: { minReplicas: 1 } }) },
});
