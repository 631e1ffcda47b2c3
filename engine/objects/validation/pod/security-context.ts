import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
  WindowsSecurityContextOptions,
} from '../../generated/core-v1.generated.ts';
import { isDns1123Subdomain } from '../../names.ts';
import { asInternal } from '../internal.ts';
import { relativePath } from '../paths.ts';
import { JsonText } from '../field-error.ts';
import type { Place } from '../place.ts';
import {
  byteLength,
  each,
  fields,
  optional,
  optionalEnum,
  Seen,
  unixId,
  valid,
  type Rule,
} from '../rules.ts';

/** Security contexts of Pods and containers: users, profiles, sysctls, Windows' options. */

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

const seccompProfile = optional<SeccompProfile>((profile, at) => {
  const { type, localhostProfile: path } = profile;
  if (!type) at.child('type').required('type is required when seccompProfile is set');
  else if (!profileTypes.includes(type)) at.child('type').notSupported(type, profileTypes);
  const place = at.child('localhostProfile');
  if (type === 'Localhost') {
    if (path === undefined) place.required('must be set when seccomp type is Localhost');
    else relativePath(path, place);
  } else if (path !== undefined) {
    place.invalid(
      asInternal('SeccompProfile', profile),
      'can only be set when seccomp type is Localhost',
    );
  }
});

/** Bytes: the longest path Linux takes, without its terminating zero. */
const longestPath = 4095;

const appArmorProfile = optional<AppArmorProfile>(({ type, localhostProfile: name }, at) => {
  const place = at.child('localhostProfile');
  if (type === 'Localhost') {
    const missing = 'must be set when AppArmor type is Localhost';
    if (name === undefined) return place.required(missing);
    if (name.trim() !== name) place.invalid(name, 'must not be padded with whitespace');
    else if (name === '') place.required(missing);
    if (byteLength(name) > longestPath) place.tooLong(longestPath);
  } else if (type === 'RuntimeDefault' || type === 'Unconfined') {
    if (name !== undefined) place.invalid(name, 'can only be set when AppArmor type is Localhost');
  } else if (!type) {
    at.child('type').required('type is required when appArmorProfile is set');
  } else {
    at.child('type').notSupported(type, profileTypes);
  }
});

const gmsaSpecKiB = 64;
const domainLength = 256;
const userLength = 104;
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

/** A Windows user: `User` or `DOMAIN\User`. */
const runAsUserName: Rule<string> = (name, at) => {
  const refuse = (detail: string) => at.invalid(new JsonText(name), detail);
  if (name === '') return refuse('runAsUserName cannot be an empty string');
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name))
    return refuse('runAsUserName cannot contain control characters');
  const parts = name.split('\\');
  if (parts.length > 2) return refuse('runAsUserName cannot contain more than one backslash');
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  if (byteLength(domain ?? '') >= domainLength) {
    refuse(`runAsUserName's Domain length must be under ${domainLength} characters`);
  }
  if (domain !== undefined && !netBiosName.test(domain) && !dnsDomain.test(domain)) {
    refuse("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') refuse("runAsUserName's User cannot be empty");
  else if (byteLength(user) > userLength) {
    refuse(`runAsUserName's User length must not be longer than ${userLength} characters`);
  }
  if (/^[. ]+$/.test(user)) refuse("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    refuse(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  }
};

const windowsOptions = optional(
  fields<WindowsSecurityContextOptions>({
    gmsaCredentialSpecName: optional(valid(isDns1123Subdomain)),
    gmsaCredentialSpec: optional((spec, at) => {
      if (spec === '') at.invalid('', 'gmsaCredentialSpec cannot be an empty string');
      else if (byteLength(spec) > gmsaSpecKiB * 1024) {
        at.invalid(spec, `gmsaCredentialSpec size must be under ${gmsaSpecKiB} KiB`);
      }
    }),
    runAsUserName: optional(runAsUserName),
  }),
);

export function containerSecurityContext(
  context: SecurityContext | undefined,
  at: Place,
  spec: PodSpec,
): void {
  if (!context) return;
  const { procMount, capabilities } = context;
  unixId(context.runAsUser, at.child('runAsUser'));
  unixId(context.runAsGroup, at.child('runAsGroup'));
  optionalEnum('Default', 'Unmasked')(procMount, at.child('procMount'));
  if (procMount === 'Unmasked' && spec.hostUsers !== false) {
    at.child('procMount').invalid(procMount, '`hostUsers` must be false to use `Unmasked`');
  }
  seccompProfile(context.seccompProfile, at.child('seccompProfile'));
  if (context.allowPrivilegeEscalation === false) {
    const cannot = 'cannot set `allowPrivilegeEscalation` to false and';
    const printed = asInternal('SecurityContext', context);
    if (context.privileged) at.invalid(printed, `${cannot} \`privileged\` to true`);
    for (const capability of capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN') {
        at.invalid(printed, `${cannot} \`capabilities.Add\` CAP_SYS_ADMIN`);
      }
    }
  }
  windowsOptions(context.windowsOptions, at.child('windowsOptions'));
  appArmorProfile(context.appArmorProfile, at.child('appArmorProfile'));
}

const segment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlFormat = `^(${segment}[\\./])*${segment}$`;
const sysctlName = new RegExp(sysctlFormat);
const sysctlLength = 253;

/** Namespaces of the kernel that a Pod shares with the host when it says so. */
function namespaceOf(sysctl: string): 'net' | 'ipc' | undefined {
  const name = sysctl.replaceAll('/', '.');
  if (name.startsWith('net.')) return 'net';
  const isIpc = /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(name) || name === 'kernel.sem';
  return isIpc ? 'ipc' : undefined;
}

function sysctls(list: readonly Sysctl[] = [], at: Place, spec: PodSpec): void {
  const names = new Seen();
  each<Sysctl>(({ name }, item) => {
    const place = item.child('name');
    const isNew = names.add(name);
    if (!name) place.required();
    else if (name.length > sysctlLength || !sysctlName.test(name)) {
      place.invalid(
        name,
        `must have at most ${sysctlLength} characters and match regex ${sysctlFormat}`,
      );
    } else if (!isNew) place.duplicate(name);
    const namespace = namespaceOf(name);
    if (spec.hostNetwork && namespace === 'net') {
      place.invalid(name, "may not be specified when 'hostNetwork' is true");
    }
    if (spec.hostIPC && namespace === 'ipc') {
      place.invalid(name, "may not be specified when 'hostIPC' is true");
    }
  })(list, at);
}

export function podSecurityContext(
  context: PodSecurityContext | undefined,
  at: Place,
  spec: PodSpec,
): void {
  if (!context) return;
  usersAndGroups(context, at);
  sysctls(context.sysctls, at.child('sysctls'), spec);
  profiles(context, at);
}

const usersAndGroups = fields<PodSecurityContext>({
  fsGroup: unixId,
  runAsUser: unixId,
  runAsGroup: unixId,
  supplementalGroups: each(unixId),
});

const profiles = fields<PodSecurityContext>({
  fsGroupChangePolicy: optionalEnum('Always', 'OnRootMismatch'),
  seccompProfile,
  windowsOptions,
  appArmorProfile,
  supplementalGroupsPolicy: optionalEnum('Merge', 'Strict'),
  seLinuxChangePolicy: optionalEnum('MountOption', 'Recursive'),
});
