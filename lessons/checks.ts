/**
 * What tells that a task is done: a question about the world, and the events that make asking it again
 * worthwhile. Checks look at outcomes, never at the commands that somebody typed.
 */
import type { ClusterState } from '../engine/api/cluster.ts';
import type { Stop } from '../engine/api/lab.ts';
import type { ObjectName, Resource, Stored } from '../engine/client/resource.ts';
import type { KubernetesObject } from '../engine/objects/kubernetes-object.ts';

export interface Outcome {
  /** `failed`: something is there and is wrong; `waiting`: nothing is there yet */
  readonly state: 'waiting' | 'failed' | 'passed';
  /** for the learner: what was seen, and what was expected */
  readonly reason: string;
}

/** Without a state of its own there are `error`s too: a check that threw or ran out of time. */
export type Verdict = Outcome | { readonly state: 'error'; readonly reason: string };

export const passed = (reason: string): Outcome => ({ state: 'passed', reason });
export const failed = (reason: string): Outcome => ({ state: 'failed', reason });
export const waiting = (reason: string): Outcome => ({ state: 'waiting', reason });

/** What may have changed when something happened. */
export type Trigger =
  /** the Docker engine told of a container, an image, a network or a volume */
  | { readonly kind: 'docker' }
  /** somebody typed, or a program printed, in a terminal */
  | { readonly kind: 'terminal' }
  /** a file below this directory changed, in the lesson's machine or that of another node */
  | { readonly kind: 'files'; readonly path: string; readonly node?: string }
  /** the API server told of an object of this kind */
  | { readonly kind: 'objects'; readonly resource: Resource<KubernetesObject> }
  /** a machine beside the lesson's own begins to start, or has started */
  | { readonly kind: 'machines' }
  /** something became of a node's machine, its cable or a component on it */
  | { readonly kind: 'nodes' };

export interface Check {
  /** `edge`: passes once and stays so; `level`: may fall back */
  readonly kind: 'edge' | 'level';
  readonly triggers: readonly Trigger[];
  evaluate(world: LessonWorld): Promise<Outcome>;
}

/** By id of the task. Each is made anew for everybody who begins the step, so it may remember what it saw. */
export type Checks = Readonly<Record<string, () => Check>>;

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine, as checks look at it. */
export interface MachineFacts {
  /** A program in the machine, as root. It costs the emulated processor: read files where that tells as much. */
  run(...argv: readonly string[]): Promise<RunResult>;
  /** Text of a file of the machine; undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Names in a directory of the machine; none when there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  /** A page that a published port of the machine serves; undefined when nothing answers. */
  page(
    port: number,
    path?: string,
  ): Promise<{ readonly status: number; readonly text: string } | undefined>;
}

/** A machine with Docker, as checks look at it. */
export interface DockerFacts extends MachineFacts {
  /** The Docker engine's answer to a GET of its API, such as `/containers/json`; undefined where it answers 404. */
  docker<Answer>(path: string): Promise<Answer | undefined>;
}

/** A cluster, as checks look at it. */
export interface ClusterFacts {
  /** Objects of one kind, of one namespace or of all, as the API server has them or last had them. They are shared: nobody changes one. */
  objects<T extends KubernetesObject>(
    resource: Resource<T>,
    namespace?: string,
  ): Promise<readonly Stored<T>[]>;
  /** One object; undefined when there is none. */
  object<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
  ): Promise<Stored<T> | undefined>;
  /** What the API server answers now to a GET, such as of `/readyz`; undefined when it does not. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string } | undefined>;
  /** The machine of a node. What is asked of one that stands still is answered when it goes on. */
  node(name: string): MachineFacts;
  state(): ClusterState;
}

/** What checks may look at: the lesson's machine, which is the control plane's where there is a cluster, and what belongs to it. */
export interface LessonWorld extends DockerFacts {
  /** A machine beside the lesson's own; undefined until it has been started. */
  machine(name: string): DockerFacts | undefined;
  /** The last of what programs printed in terminals since the lesson was opened, without colours. */
  printed(): string;
  /** Throws where the lesson has none. */
  readonly cluster: ClusterFacts;
  on(trigger: Trigger, listener: () => void): Stop;
}

/** Passes once the facts hold, and stays passed. */
export function edge(triggers: readonly Trigger[], evaluate: Check['evaluate']): () => Check {
  return () => ({ kind: 'edge', triggers, evaluate });
}

/** Passes as long as the facts hold. */
export function level(triggers: readonly Trigger[], evaluate: Check['evaluate']): () => Check {
  return () => ({ kind: 'level', triggers, evaluate });
}

/**
 * Passes when something that was there is gone: it has to be seen before it can be missed.
 * @param isThere whether it is there now
 */
export function gone(
  triggers: readonly Trigger[],
  what: string,
  isThere: (world: LessonWorld) => Promise<boolean>,
): () => Check {
  return () => {
    let seen = false;
    return {
      kind: 'edge',
      triggers,
      async evaluate(world) {
        if (await isThere(world)) {
          seen = true;
          return waiting(`${what} is still there.`);
        }
        return seen ? passed(`${what} is gone.`) : waiting(`${what} has not been there yet.`);
      },
    };
  };
}
