import type {
  Container,
  ContainerRestartRule,
  EphemeralContainer,
  Pod,
  PodSpec,
} from '../../objects/generated/core-v1.generated.ts';
import type { RuntimeContainer, RuntimePod } from '../contracts.ts';

/** By its own rules for exit codes, its own policy, or that of its Pod (upstream's `ContainerShouldRestart`). */
export function isRestarted(container: Container, spec: PodSpec, exitCode: number): boolean {
  const { restartPolicy, restartPolicyRules = [] } = container;
  if (restartPolicy !== undefined) {
    if (restartPolicyRules.find((rule) => matches(rule, exitCode))?.action === 'Restart')
      return true;
    return byPolicy(restartPolicy, exitCode);
  }
  return byPolicy(spec.restartPolicy ?? 'Always', exitCode);
}

function matches({ exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (exitCodes === undefined) return false;
  const isListed = (exitCodes.values ?? []).includes(exitCode);
  return exitCodes.operator === 'In' ? isListed : !isListed;
}

function byPolicy(policy: string, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** What is to happen to a running container that is killed for its probes. */
export function isRestartedAfterKill(container: Container, spec: PodSpec): boolean {
  return (container.restartPolicy ?? spec.restartPolicy) !== 'Never';
}

/** The newest container of this name. */
export function newestOf(
  runtime: RuntimePod | undefined,
  name: string,
): RuntimeContainer | undefined {
  return runtime?.containers.find((container) => container.name === name);
}

/** The newest of this name in the sandbox that is in use. */
export function activeOf(runtime: RuntimePod, name: string): RuntimeContainer | undefined {
  return activeContainers(runtime).find((container) => container.name === name);
}

/** Containers of the sandbox that is in use. */
function activeContainers({ sandboxes, containers }: RuntimePod): RuntimeContainer[] {
  const [newest] = sandboxes;
  if (newest?.state !== 'SANDBOX_READY') return [];
  return containers.filter(({ podSandboxId }) => podSandboxId === newest.id);
}

/** A main container was made in the sandbox that is in use, so the init containers are through. */
export function hasInitialized({ spec }: Pod, runtime: RuntimePod): boolean {
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return activeContainers(runtime).some(({ name }) => names.has(name));
}

/** Whether a container that does not run is to run (upstream's `ShouldContainerBeRestarted`). */
export function shouldRun(container: Container, pod: Pod, runtime: RuntimePod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const newest = newestOf(runtime, container.name);
  switch (newest?.state) {
    case 'CONTAINER_RUNNING':
      return false;
    case 'CONTAINER_EXITED':
      return isRestarted(container, pod.spec, newest.exitCode ?? 0);
    case 'CONTAINER_CREATED':
    case 'CONTAINER_UNKNOWN':
    case undefined:
      return true;
  }
}

/** A container of a Pod by its name, of whatever kind. */
export function containerOf({ spec }: Pod, name: string): Container | undefined {
  const all: readonly (Container | EphemeralContainer)[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  return all.find((container) => container.name === name);
}

export function isHostNetwork({ spec }: Pod): boolean {
  return spec.hostNetwork === true;
}
