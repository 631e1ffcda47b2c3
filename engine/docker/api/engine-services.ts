import type { RegistryFetch } from '../../runtime/types.ts';
import type { ContainerContext } from '../containers/context.ts';
import type { Containers } from '../containers/containers.ts';
import type { Execs } from '../containers/execs.ts';
import type { BuildElsewhere } from '../builder/start-build.ts';
import type { Guest } from '../guest.ts';

/** What endpoints work with. */
export interface EngineServices {
  readonly context: ContainerContext;
  readonly containers: Containers;
  readonly execs: Execs;
  readonly guest: Guest;
  readonly registry: RegistryFetch;
  /** where there are workers for builds */
  readonly buildElsewhere: BuildElsewhere | undefined;
  /** of this engine, as `docker version` shows it */
  readonly version: string;
}
