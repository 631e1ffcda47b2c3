/** What checks of this module ask the Docker engine. Types hold what they look at. */
import type { DockerFacts } from '../checks.ts';

export interface DockerImage {
  readonly Id: string;
  /** bytes of all its layers */
  readonly Size: number;
  /** such as `busybox@sha256:…`, once a registry knows it */
  readonly RepoDigests: readonly string[];
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
  /** with the name of the image as it was called */
  readonly Config: { readonly Image: string };
  /** empty until it is started for the first time */
  readonly LogPath: string;
  readonly HostConfig: { readonly Memory: number; readonly NanoCpus: number };
  readonly Mounts: readonly {
    readonly Type: string;
    /** of a volume */
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

/** By name or id; undefined when there is none. */
export function image(machine: DockerFacts, name: string): Promise<DockerImage | undefined> {
  return machine.docker<DockerImage>(`/images/${name}/json`);
}

/** By name or id; undefined when there is none. */
export function container(
  machine: DockerFacts,
  name: string,
): Promise<DockerContainer | undefined> {
  return machine.docker<DockerContainer>(`/containers/${name}/json`);
}
