import type {
  Container,
  ContainerPort,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  EnvVar,
  EnvVarSource,
  EphemeralContainer,
  EphemeralVolumeSource,
  GRPCAction,
  HTTPGetAction,
  ImageVolumeSource,
  Lifecycle,
  LifecycleHandler,
  ObjectFieldSelector,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplate,
  PodTemplateSpec,
  Probe,
  ProjectedVolumeSource,
  ResourceRequirements,
  Volume,
  VolumeProjection,
} from '../generated/core-v1.generated.ts';
import { Quantity } from '../quantity.ts';
import { defaulting, each, isEmpty, type Defaulting } from './defaulting.ts';
import { isLatest } from './image-tag.ts';
import { sharedVolumeSources } from './volume-sources.ts';

/** Defaults of Pods and their templates (upstream's `apis/core/v1/defaults.go`). */

type ResourceList = Readonly<Record<string, string>>;

/** Quantities are kept to one thousandth. */
export const resourceList: Defaulting<ResourceList> = (list) => {
  let rounded: Record<string, string> | undefined;
  for (const [name, text] of Object.entries(list)) {
    if (!/[.nu]/.test(text)) continue;
    const quantity = Quantity.parse(text);
    const up = Quantity.ofMilli(quantity.milliValue(), quantity.format).toString();
    if (up !== text) (rounded ??= { ...list })[name] = up;
  }
  return rounded ?? list;
};

const resourceRequirements = defaulting<ResourceRequirements>({
  within: { limits: resourceList, requests: resourceList },
});

const pullPolicyOf = (image = '') => (isLatest(image) ? 'Always' : 'IfNotPresent');

const fieldSelector = defaulting<ObjectFieldSelector>({ missing: { apiVersion: 'v1' } });

const httpGet = defaulting<HTTPGetAction>({ missing: { path: '/', scheme: 'HTTP' } });

const probe = defaulting<Probe>({
  missing: { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  within: { httpGet, grpc: defaulting<GRPCAction>({ missing: { service: '' } }) },
});

const handler = defaulting<LifecycleHandler>({ within: { httpGet } });

const container = defaulting<Container>({
  missing: {
    imagePullPolicy: ({ image }) => pullPolicyOf(image),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  within: {
    ports: each(defaulting<ContainerPort>({ missing: { protocol: 'TCP' } })),
    env: each(
      defaulting<EnvVar>({
        within: {
          valueFrom: defaulting<EnvVarSource>({
            within: {
              fieldRef: fieldSelector,
              fileKeyRef: defaulting({ missing: { optional: false } }),
            },
          }),
        },
      }),
    ),
    resources: resourceRequirements,
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle: defaulting<Lifecycle>({ within: { postStart: handler, preStop: handler } }),
  },
});

const downwardFile = defaulting<DownwardAPIVolumeFile>({ within: { fieldRef: fieldSelector } });

/** What upstream gives files made of Secrets, ConfigMaps and the downward API. */
const fileMode = 0o644;
const files = { defaultMode: fileMode };

const tokenLifetime = 3600;

const projection = defaulting<VolumeProjection>({
  within: {
    downwardAPI: defaulting({ within: { items: each(downwardFile) } }),
    serviceAccountToken: defaulting({ missing: { expirationSeconds: tokenLifetime } }),
    podCertificate: defaulting({ missing: { maxExpirationSeconds: 86_400 } }),
  },
});

export const claimSpec = defaulting<PersistentVolumeClaimSpec>({
  missing: { volumeMode: 'Filesystem' },
  within: { resources: resourceRequirements },
});

const hasNoSource = (volume: Volume) => Object.keys(volume).every((key) => key === 'name');

const volume = defaulting<Volume>({
  missing: { emptyDir: (value) => (hasNoSource(value) ? {} : undefined) },
  within: {
    ...sharedVolumeSources,
    secret: defaulting({ missing: files }),
    configMap: defaulting({ missing: files }),
    downwardAPI: defaulting<DownwardAPIVolumeSource>({
      missing: files,
      within: { items: each(downwardFile) },
    }),
    projected: defaulting<ProjectedVolumeSource>({
      missing: files,
      within: { sources: each(projection) },
    }),
    ephemeral: defaulting<EphemeralVolumeSource>({
      within: {
        volumeClaimTemplate: defaulting<PersistentVolumeClaimTemplate>({
          within: { spec: claimSpec },
        }),
      },
    }),
    image: defaulting<ImageVolumeSource>({
      missing: { pullPolicy: ({ reference }) => pullPolicyOf(reference) },
    }),
  },
});

/** The deprecated name of the service account follows the current one. */
const serviceAccount: Defaulting<PodSpec> = (spec) => {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name || (spec.serviceAccountName === name && spec.serviceAccount === name)) return spec;
  return { ...spec, serviceAccountName: name, serviceAccount: name };
};

const podSpec = defaulting<PodSpec>({
  first: serviceAccount,
  missing: {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  },
  within: {
    volumes: each(volume),
    initContainers: each(container),
    containers: each(container),
    ephemeralContainers: each(container as unknown as Defaulting<EphemeralContainer>),
    overhead: resourceList,
    resources: resourceRequirements,
  },
});

export const podTemplateSpec = defaulting<PodTemplateSpec>({ within: { spec: podSpec } });

export const podTemplate = defaulting<PodTemplate>({ within: { template: podTemplateSpec } });

/** Limits are requests, too, where there are none. Only Pods get this, not templates. */
const limitsAsRequests = each<Container>((value) => {
  const { resources } = value;
  if (isEmpty(resources?.limits)) return value;
  const requests = { ...resources?.limits, ...resources?.requests };
  return { ...value, resources: { ...resources, requests } };
});

const hostPorts = each<Container>((value) => {
  if (!value.ports) return value;
  const ports = value.ports.map((port) => ({
    ...port,
    hostPort: port.hostPort ?? port.containerPort,
  }));
  return { ...value, ports };
});

const specOfPod: Defaulting<PodSpec> = (spec) => {
  const lists = (fill: Defaulting<readonly Container[]>) =>
    defaulting<PodSpec>({ within: { containers: fill, initContainers: fill } });
  let filled = lists(limitsAsRequests)(spec);
  if (spec.hostNetwork) filled = lists(hostPorts)(filled);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    filled = { ...filled, terminationGracePeriodSeconds: 1 };
  }
  return filled.enableServiceLinks === undefined ? { ...filled, enableServiceLinks: true } : filled;
};

/** One address is said in two places. */
const podStatus: Defaulting<PodStatus> = (status) => {
  const { podIP, podIPs } = status;
  const first = podIPs?.[0]?.ip;
  if (podIP && first !== podIP) return { ...status, podIPs: [{ ip: podIP }] };
  return !podIP && first ? { ...status, podIP: first } : status;
};

export const pod = defaulting<Pod>({
  within: { spec: (spec) => podSpec(specOfPod(spec)), status: podStatus },
});
