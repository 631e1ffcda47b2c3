/** The baseline level: nothing that is known to lead out of a container (pod-security-admission `policy/check_*.go`). */
import { goQuote } from '../../../objects/go-text.ts';
import type {
  LifecycleHandler,
  Probe,
  SELinuxOptions,
} from '../../../objects/generated/core-v1.generated.ts';
import {
  containersOf,
  containersThat,
  distinct,
  hasOwnUsers,
  namedContainers,
  plural,
  quoteAll,
  setters,
  type Check,
  type CheckedPod,
  type Violation,
} from './check.ts';

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

const isKnownProfile = (type: string | undefined): boolean =>
  type === 'RuntimeDefault' || type === 'Localhost';

function appArmorProfile(pod: CheckedPod): Violation | undefined {
  const { spec, metadata } = pod;
  const own = spec.securityContext?.appArmorProfile?.type;
  const wrong = (type: string | undefined): boolean => type !== undefined && !isKnownProfile(type);
  const names = containersThat(pod, ({ securityContext }) =>
    wrong(securityContext?.appArmorProfile?.type),
  );
  const types = [
    own,
    ...containersOf(pod).map(({ securityContext }) => securityContext?.appArmorProfile?.type),
  ].filter((type) => type !== undefined && wrong(type));
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(([key]) => key.startsWith(APP_ARMOR))
    .filter(([, profile]) => !/^(?:$|runtime\/default$|localhost\/)/.test(profile))
    .map(([key, profile]) => `${key}=${goQuote(profile)}`);
  const values = [...distinct(types as readonly string[]), ...distinct(annotations)];
  if (values.length === 0) return undefined;
  const who = [
    setters(wrong(own), names),
    annotations.length === 0 ? '' : plural('annotation', annotations.length),
  ].filter((text) => text !== '');
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoteAll(values)}`,
  };
}

const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/** Containers with capabilities beyond some, and what they add. */
export function addedCapabilities(
  pod: CheckedPod,
  allowed: readonly string[],
): { readonly names: readonly string[]; readonly capabilities: readonly string[] } {
  const added = containersOf(pod).map(({ name, securityContext }) => ({
    name,
    capabilities: (securityContext?.capabilities?.add ?? []).filter(
      (capability) => !allowed.includes(capability),
    ),
  }));
  const wrong = added.filter(({ capabilities }) => capabilities.length > 0);
  return {
    names: wrong.map(({ name }) => name),
    capabilities: distinct(wrong.flatMap(({ capabilities }) => capabilities)),
  };
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const { names, capabilities: added } = addedCapabilities(pod, DEFAULT_CAPABILITIES);
  if (names.length === 0) return undefined;
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(names)} must not include ${quoteAll(added)} in securityContext.capabilities.add`,
  };
}

function hostNamespaces({ spec }: CheckedPod): Violation | undefined {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name]);
  if (shared.length === 0) return undefined;
  return { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') };
}

function hostPathVolumes({ spec }: CheckedPod): Violation | undefined {
  const names = (spec.volumes ?? [])
    .filter(({ hostPath }) => hostPath !== undefined)
    .map(({ name }) => name);
  if (names.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: `${plural('volume', names.length)} ${quoteAll(names)}`,
  };
}

function hostPorts(pod: CheckedPod): Violation | undefined {
  const used = containersOf(pod).flatMap(({ name, ports = [] }) =>
    ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [{ name, port: String(hostPort) }])),
  );
  if (used.length === 0) return undefined;
  const names = [...new Set(used.map(({ name }) => name))];
  const ports = distinct(used.map(({ port }) => port));
  return {
    reason: 'hostPort',
    detail: `${namedContainers(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  };
}

function hostsOf(handler: Probe | LifecycleHandler | undefined): readonly string[] {
  return [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(
    (host) => host !== undefined && host !== '',
  ) as readonly string[];
}

function probeHosts(pod: CheckedPod): Violation | undefined {
  const used = containersOf(pod).map(
    ({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
      name,
      hosts: [
        livenessProbe,
        readinessProbe,
        startupProbe,
        lifecycle?.postStart,
        lifecycle?.preStop,
      ].flatMap((handler) => hostsOf(handler)),
    }),
  );
  const names = distinct(used.filter(({ hosts }) => hosts.length > 0).map(({ name }) => name));
  const hosts = distinct(used.flatMap((container) => container.hosts));
  if (names.length === 0) return undefined;
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('probe or lifecycle host', hosts.length)} ${quoteAll(hosts)}`,
  };
}

function privileged(pod: CheckedPod): Violation | undefined {
  const names = containersThat(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${namedContainers(names)} must not set securityContext.privileged=true`,
  };
}

export function procMount(pod: CheckedPod): Violation | undefined {
  const wrong = containersOf(pod).flatMap(({ name, securityContext }) => {
    const mount = securityContext?.procMount ?? 'Default';
    return mount === 'Default' ? [] : [{ name, mount }];
  });
  if (wrong.length === 0) return undefined;
  const mounts = distinct(wrong.map(({ mount }) => mount));
  return {
    reason: 'procMount',
    detail: `${namedContainers(wrong.map(({ name }) => name))} must not set securityContext.procMount to ${quoteAll(mounts)}`,
  };
}

const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function seLinuxOptions(allowed: readonly string[]): (pod: CheckedPod) => Violation | undefined {
  const isWrong = ({ type = '', user = '', role = '' }: SELinuxOptions): boolean =>
    !allowed.includes(type) || user !== '' || role !== '';
  return (pod) => {
    const own = pod.spec.securityContext?.seLinuxOptions;
    const all = [
      own,
      ...containersOf(pod).map(({ securityContext }) => securityContext?.seLinuxOptions),
    ].filter((options) => options !== undefined);
    const wrong = all.filter((options) => isWrong(options));
    if (wrong.length === 0) return undefined;
    const types = distinct(
      wrong.map(({ type = '' }) => type).filter((type) => !allowed.includes(type)),
    );
    const names = containersThat(pod, ({ securityContext }) => {
      const options = securityContext?.seLinuxOptions;
      return options !== undefined && isWrong(options);
    });
    const why = [
      types.length === 0 ? '' : `${plural('type', types.length)} ${quoteAll(types)}`,
      wrong.some(({ user = '' }) => user !== '') ? 'user may not be set' : '',
      wrong.some(({ role = '' }) => role !== '') ? 'role may not be set' : '',
    ].filter((text) => text !== '');
    return {
      reason: 'seLinuxOptions',
      detail: `${setters(own !== undefined && isWrong(own), names)} set forbidden securityContext.seLinuxOptions: ${why.join('; ')}`,
    };
  };
}

/** Before Pods had a field for it. */
function seccompAnnotations(pod: CheckedPod): Violation | undefined {
  const annotations = pod.metadata.annotations ?? {};
  const keys = [SECCOMP_POD, ...containersOf(pod).map(({ name }) => SECCOMP_CONTAINER + name)];
  const wrong = distinct(
    keys.flatMap((key) => {
      const profile = annotations[key];
      if (profile === undefined || /^(?:(?:runtime|docker)\/default$|localhost\/)/.test(profile))
        return [];
      return [`${key}=${goQuote(profile)}`];
    }),
  );
  if (wrong.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', wrong.length)} ${wrong.join(', ')}`,
  };
}

/** Who has chosen a profile of seccomp that is not known to protect. */
export function seccompProfiles(pod: CheckedPod): Violation | undefined {
  const wrong = (type: string | undefined): boolean => type !== undefined && !isKnownProfile(type);
  const own = pod.spec.securityContext?.seccompProfile?.type;
  const names = containersThat(pod, ({ securityContext }) =>
    wrong(securityContext?.seccompProfile?.type),
  );
  const types = [
    own,
    ...containersOf(pod).map(({ securityContext }) => securityContext?.seccompProfile?.type),
  ].filter((type) => type !== undefined && wrong(type));
  if (types.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `${setters(wrong(own), names)} must not set securityContext.seccompProfile.type to ${quoteAll(distinct(types as readonly string[]))}`,
  };
}

const SYSCTLS: readonly (readonly [since: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
  [37, ['net.ipv4.tcp_slow_start_after_idle', 'net.ipv4.tcp_notsent_lowat']],
];

function sysctls(minor: number): (pod: CheckedPod) => Violation | undefined {
  const allowed = SYSCTLS.filter(([since]) => since <= minor).flatMap(([, names]) => names);
  return ({ spec }) => {
    const wrong = (spec.securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !allowed.includes(name));
    return wrong.length === 0
      ? undefined
      : { reason: 'forbidden sysctls', detail: wrong.join(', ') };
  };
}

function windowsHostProcess(pod: CheckedPod): Violation | undefined {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const names = containersThat(
    pod,
    ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
  );
  if (!own && names.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${setters(own, names)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
}

/** In the order in which violations are told. */
export const BASELINE: readonly Check[] = [
  { id: 'appArmorProfile', versions: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', versions: [[0, capabilities]] },
  { id: 'hostNamespaces', versions: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', versions: [[0, hostPathVolumes]] },
  { id: 'hostPorts', versions: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', versions: [[34, probeHosts]] },
  { id: 'privileged', versions: [[0, privileged]] },
  {
    id: 'procMount',
    versions: [
      [0, procMount],
      [35, (pod) => (hasOwnUsers(pod) ? undefined : procMount(pod))],
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      [0, seLinuxOptions(SE_LINUX_TYPES)],
      [31, seLinuxOptions([...SE_LINUX_TYPES, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      [0, seccompAnnotations],
      [19, seccompProfiles],
    ],
  },
  { id: 'sysctls', versions: SYSCTLS.map(([since]) => [since, sysctls(since)] as const) },
  { id: 'windowsHostProcess', versions: [[0, windowsHostProcess]] },
];
