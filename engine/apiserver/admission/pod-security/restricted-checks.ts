/** The restricted level: what a hardened Pod says (pod-security-admission `policy/check_*.go`). */
import { addedCapabilities, procMount, seccompProfiles } from './baseline-checks.ts';
import {
  containersThat,
  distinct,
  hasOwnUsers,
  isWindows,
  namedContainers,
  plural,
  quoteAll,
  setters,
  type Check,
  type CheckedPod,
  type Violation,
} from './check.ts';

function allowPrivilegeEscalation(pod: CheckedPod): Violation | undefined {
  const names = containersThat(
    pod,
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
  );
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const keeping = containersThat(
    pod,
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const { names, capabilities: added } = addedCapabilities(pod, ['NET_BIND_SERVICE']);
  const details = [
    ...(keeping.length === 0
      ? []
      : [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(names.length === 0
      ? []
      : [
          `${namedContainers(names)} must not include ${quoteAll(added)} in securityContext.capabilities.add`,
        ]),
  ];
  if (details.length === 0) return undefined;
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function volumes({ spec }: CheckedPod): Violation | undefined {
  const wrong = (spec.volumes ?? []).flatMap(({ name, ...sources }) => {
    const kinds = Object.keys(sources);
    if (kinds.some((kind) => ALLOWED_VOLUMES.includes(kind))) return [];
    return [{ name, kind: kinds[0] ?? 'unknown' }];
  });
  if (wrong.length === 0) return undefined;
  const kinds = distinct(wrong.map(({ kind }) => kind));
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', wrong.length)} ${quoteAll(wrong.map(({ name }) => name))} ${wrong.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', kinds.length)} ${quoteAll(kinds)}`,
  };
}

function runAsNonRoot(pod: CheckedPod): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const own = pod.spec.securityContext?.runAsNonRoot;
  const refusing = containersThat(
    pod,
    ({ securityContext }) => securityContext?.runAsNonRoot === false,
  );
  const who = setters(own === false, refusing);
  if (who !== '')
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = containersThat(
    pod,
    ({ securityContext }) => securityContext?.runAsNonRoot === undefined,
  );
  if (own === true || silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true`,
  };
}

function runAsUser(pod: CheckedPod): Violation | undefined {
  const own = pod.spec.securityContext?.runAsUser === 0;
  const names = containersThat(pod, ({ securityContext }) => securityContext?.runAsUser === 0);
  if (!own && names.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${setters(own, names)} must not set runAsUser=0` };
}

function seccompProfile(pod: CheckedPod): Violation | undefined {
  const wrong = seccompProfiles(pod);
  if (wrong !== undefined) return wrong;
  const silent = containersThat(
    pod,
    ({ securityContext }) => securityContext?.seccompProfile === undefined,
  );
  if (pod.spec.securityContext?.seccompProfile !== undefined || silent.length === 0)
    return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${namedContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}

type Look = Check['versions'][number][1];

const onLinux =
  (look: Look): Look =>
  (pod) =>
    isWindows(pod) ? undefined : look(pod);
const withHostUsers =
  (look: Look): Look =>
  (pod) =>
    hasOwnUsers(pod) ? undefined : look(pod);

/** In the order in which violations are told, after those of baseline. */
export const RESTRICTED: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      [8, allowPrivilegeEscalation],
      [25, onLinux(allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    replaces: ['capabilities_baseline'],
    versions: [
      [22, capabilities],
      [25, onLinux(capabilities)],
    ],
  },
  { id: 'procMount_restricted', replaces: ['procMount'], versions: [[35, procMount]] },
  { id: 'restrictedVolumes', replaces: ['hostPathVolumes'], versions: [[0, volumes]] },
  {
    id: 'runAsNonRoot',
    versions: [
      [0, runAsNonRoot],
      [35, withHostUsers(runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      [23, runAsUser],
      [35, withHostUsers(runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    replaces: ['seccompProfile_baseline'],
    versions: [
      [19, seccompProfile],
      [25, onLinux(seccompProfile)],
    ],
  },
];
