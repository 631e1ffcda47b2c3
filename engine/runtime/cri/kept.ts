/** What the CRI knows of sandboxes and containers beyond the runtime: it travels with their records, as one label. */
import { RuntimeError } from '../runtime-error.ts';
import type { Container, Runtime, Sandbox } from '../types.ts';
import type { CriContainerConfig, PodSandboxConfig } from './types.ts';

const LABEL = 'drydock.cri';

export interface KeptSandbox {
  readonly config: PodSandboxConfig;
  readonly runtimeHandler: string;
  readonly createdAt: number;
}

/** `pause`: the first process of a Pod whose containers share process ids, which nobody is told of. */
export type KeptContainer =
  | { readonly kind: 'pause'; readonly podSandboxId: string }
  | {
      readonly kind: 'container';
      readonly podSandboxId: string;
      readonly podUid: string;
      readonly config: CriContainerConfig;
      readonly logPath: string;
    };

export type PodContainer = Extract<KeptContainer, { kind: 'container' }> & {
  readonly container: Container;
};

export function keep(kept: KeptSandbox | KeptContainer): Readonly<Record<string, string>> {
  return { [LABEL]: JSON.stringify(kept) };
}

export interface PodOfSandbox extends KeptSandbox {
  readonly sandbox: Sandbox;
}

export function keptSandboxes(runtime: Runtime): PodOfSandbox[] {
  return runtime.sandboxes().flatMap((sandbox) => podOf(sandbox) ?? []);
}

export function findSandbox(runtime: Runtime, id: string): PodOfSandbox | undefined {
  const sandbox = runtime.sandboxes().find((each) => each.id === id);
  return sandbox === undefined ? undefined : podOf(sandbox);
}

function podOf(sandbox: Sandbox): PodOfSandbox | undefined {
  const text = sandbox.config.labels?.[LABEL];
  return text === undefined ? undefined : { ...(JSON.parse(text) as KeptSandbox), sandbox };
}

/** Containers of Pods, in the order they were made. */
export function keptContainers(runtime: Runtime): PodContainer[] {
  return runtime.containers().flatMap((container) => {
    const kept = keptOf(container);
    return kept?.kind === 'container' ? [{ ...kept, container }] : [];
  });
}

/** By whole id. */
export function findContainer(runtime: Runtime, id: string): PodContainer | undefined {
  try {
    const container = runtime.container(id);
    const kept = keptOf(container);
    return kept?.kind === 'container' ? { ...kept, container } : undefined;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

export function findPause(runtime: Runtime, podSandboxId: string): Container | undefined {
  return runtime.containers().find((container) => {
    const kept = keptOf(container);
    return kept?.kind === 'pause' && kept.podSandboxId === podSandboxId;
  });
}

function keptOf({ config }: Container): KeptContainer | undefined {
  const text = config.labels?.[LABEL];
  return text === undefined ? undefined : (JSON.parse(text) as KeptContainer);
}
