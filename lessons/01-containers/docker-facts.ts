/** What checks of this module ask the Docker engine. Types hold what they look at. */
import type { LessonWorld } from '../checks.ts';

export interface DockerImage {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

export interface DockerContainer {
  readonly Id: string;
  /** id of its image */
  readonly Image: string;
  readonly State: {
    readonly Running: boolean;
    readonly Status: string;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
  };
  readonly HostConfig: { readonly Memory: number; readonly NanoCpus: number };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

/** By name or id; undefined when there is none. */
export function container(world: LessonWorld, name: string): Promise<DockerContainer | undefined> {
  return world.docker<DockerContainer>(`/containers/${name}/json`);
}
