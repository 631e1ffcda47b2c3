import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../../generated/core-v1.generated.ts';
import { isDns1123Label, isPortName, isPortNumber } from '../../names.ts';
import { isSidecar } from '../../pod-resources.ts';
import type { Place } from '../place.ts';
import {
  each,
  enumOf,
  fields,
  isEmpty,
  optionalEnum,
  required,
  requiredEnum,
  requiredName,
  Seen,
  type Rule,
} from '../rules.ts';
import { env, envFrom } from './env.ts';
import { volumeDevices, volumeMounts } from './mounts.ts';
import { lifecycle, probes } from './probes.ts';
import { resourceRequirements } from './resources.ts';
import { containerSecurityContext } from './security-context.ts';
import { pullPolicy, type VolumesByName } from './volumes.ts';

/** What rules of a container need to know of its Pod. */
export interface PodContext {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
}

export const protocol = requiredEnum('SCTP', 'TCP', 'UDP');

const ports: Rule<readonly ContainerPort[] | undefined> = (list = [], at) => {
  const names = new Seen();
  for (const [index, port] of list.entries()) {
    const place = at.index(index);
    if (port.name) {
      const messages = isPortName(port.name);
      place.child('name').invalidEach(port.name, messages);
      if (messages.length === 0 && !names.add(port.name)) place.child('name').duplicate(port.name);
    }
    if (!port.containerPort) place.child('containerPort').required();
    else
      place
        .child('containerPort')
        .invalidEach(port.containerPort, isPortNumber(port.containerPort));
    if (port.hostPort)
      place.child('hostPort').invalidEach(port.hostPort, isPortNumber(port.hostPort));
    protocol(port.protocol, place.child('protocol'));
  }
};

function resizePolicy(
  policies: readonly ContainerResizePolicy[] = [],
  at: Place,
  podRestartPolicy: string | undefined,
): void {
  const names = new Seen();
  for (const [index, policy] of policies.entries()) {
    if (!names.add(policy.resourceName)) at.index(index).duplicate(policy.resourceName);
    requiredEnum('cpu', 'memory')(policy.resourceName, at);
    requiredEnum('NotRequired', 'RestartContainer')(policy.restartPolicy, at);
    if (podRestartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      at.invalid(policy.restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
    }
  }
}

const restartRule: Rule<ContainerRestartRule> = ({ action, exitCodes }, at) => {
  enumOf('Restart', 'RestartAllContainers')(action, at.child('action'));
  const place = at.child('exitCodes');
  if (!exitCodes) return place.required('must be specified');
  enumOf('In', 'NotIn')(exitCodes.operator, place.child('operator'));
  const count = exitCodes.values?.length ?? 0;
  if (count > 255) place.child('values').tooMany(count, 255);
};

/** Rules without a policy are looked at all the same where they are `looseRules`. */
function restartPolicy(container: Container, at: Place, looseRules: boolean): void {
  const { restartPolicy: policy, restartPolicyRules: rules = [] } = container;
  if (policy === undefined && rules.length > 0) {
    at.child('restartPolicy').required('must specify restartPolicy when restart rules are used');
    if (!looseRules) return;
  }
  optionalEnum('Always', 'Never', 'OnFailure')(policy, at.child('restartPolicy'));
  if (rules.length > 20) at.child('restartPolicyRules').tooMany(rules.length, 20);
  each(restartRule)(rules, at.child('restartPolicyRules'));
}

const identity = fields<Container>({
  name: requiredName(isDns1123Label),
  image: required(),
  terminationMessagePolicy: requiredEnum('File', 'FallbackToLogsOnError'),
  ports,
  env,
  envFrom,
});

/** What holds for containers of all three sorts. */
function container(value: Container, at: Place, pod: PodContext): void {
  const { spec, volumes } = pod;
  identity(value, at);
  volumeMounts(value, at.child('volumeMounts'), volumes);
  volumeDevices(value.volumeDevices, at.child('volumeDevices'), volumes, value.volumeMounts);
  pullPolicy(value.imagePullPolicy, at.child('imagePullPolicy'));
  resourceRequirements(value.resources ?? {}, at.child('resources'), pod.claimNames);
  resizePolicy(value.resizePolicy, at.child('resizePolicy'), spec.restartPolicy);
  containerSecurityContext(value.securityContext, at.child('securityContext'), spec);
}

export function containers(at: Place, pod: PodContext): void {
  const { terminationGracePeriodSeconds: gracePeriod } = pod.spec;
  const list = pod.spec.containers ?? [];
  if (list.length === 0) return at.required();
  const names = new Seen();
  for (const [index, value] of list.entries()) {
    const place = at.index(index);
    container(value, place, pod);
    if (!names.add(value.name)) place.child('name').duplicate(value.name);
    if (value.lifecycle) lifecycle(value.lifecycle, place.child('lifecycle'), gracePeriod);
    probes(value, place);
    restartPolicy(value, place, true);
  }
  uniqueHostPorts(list, at, new Seen());
}

const onlyOfSidecars = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

export function initContainers(at: Place, pod: PodContext): void {
  const { spec } = pod;
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  for (const [index, value] of (spec.initContainers ?? []).entries()) {
    const place = at.index(index);
    container(value, place, pod);
    restartPolicy(value, place, false);
    if (names.has(value.name)) place.child('name').duplicate(value.name);
    else if (value.name) names.add(value.name);
    // Upstream counts each init container as the first of the list here.
    uniqueHostPorts([value], at, new Seen());
    if (isSidecar(value)) {
      const hooks = place.child('lifecycle');
      if (value.lifecycle) lifecycle(value.lifecycle, hooks, spec.terminationGracePeriodSeconds);
      probes(value, place);
      continue;
    }
    for (const field of onlyOfSidecars) {
      if (value[field] !== undefined) {
        place
          .child(field)
          .forbidden('may not be set for init containers without restartPolicy=Always');
      }
    }
    for (const [position, policy] of (value.resizePolicy ?? []).entries()) {
      if (policy.restartPolicy !== 'RestartContainer') continue;
      const policyAt = place.child('resizePolicy').index(position);
      policyAt
        .child('restartPolicy')
        .invalid(
          policy.restartPolicy,
          "must not be set to 'RestartContainer' for non-sidecar initContainers",
        );
    }
  }
}

/** In upstream's order of Go fields. */
const notForEphemeral = [
  'restartPolicyRules',
  'restartPolicy',
  'ports',
  'resources',
  'resizePolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function ephemeralContainers(at: Place, pod: PodContext): void {
  const { spec } = pod;
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const names = new Set(others.map(({ name }) => name));
  const targets = new Set(names);
  for (const [index, value] of (spec.ephemeralContainers ?? []).entries()) {
    const place = at.index(index);
    container(value, place, pod);
    imageWithoutSpace(value, place);
    if (names.has(value.name)) place.child('name').duplicate(value.name);
    names.add(value.name);
    const target = value.targetContainerName;
    if (target && !targets.has(target)) place.child('targetContainerName').notFound(target);
    onlyEphemeralFields(value, place);
  }
}

function onlyEphemeralFields(value: EphemeralContainer, at: Place): void {
  const why = 'cannot be set for an Ephemeral Container';
  for (const field of notForEphemeral) {
    const isThere =
      field === 'lifecycle' || field.endsWith('Probe') ? value[field] : !isEmpty(value[field]);
    if (isThere) at.child(field).forbidden(why);
  }
  for (const [index, mount] of (value.volumeMounts ?? []).entries()) {
    const place = at.child('volumeMounts').index(index);
    if (mount.subPath) place.child('subPath').forbidden(why);
    if (mount.subPathExpr) place.child('subPathExpr').forbidden(why);
  }
}

/** Only Pods are refused this, not templates, which could be stored before the rule came. */
export function imageWithoutSpace({ image = '' }: { image?: string }, at: Place): void {
  if (image !== image.trim()) {
    at.child('image').invalid(image, 'must not have leading or trailing whitespace');
  }
}

function uniqueHostPorts(list: readonly Container[], at: Place, taken: Seen): void {
  for (const [index, value] of list.entries()) {
    for (const [position, port] of (value.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      const place = at.index(index).child('ports').index(position);
      if (!taken.add(key)) place.child('hostPort').duplicate(key);
    }
  }
}
