import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ArtifactSource } from './artifacts/artifact-source.ts';
import type { OpenFile } from './trees/content-source.ts';

/** What a machine needs from the worker it runs in. */
export interface MachineHost {
  readonly source: ArtifactSource;
  /** `v86.wasm`, compiled; asked for once a machine */
  readonly wasm: () => Promise<WebAssembly.Module>;
  readonly clock: Clock;
  readonly random: Random;
  /** opens image layers that are files; only in Node */
  readonly openFile?: OpenFile;
  /** Warm the tools of a restored machine up in idle time: for people, not for programs that run one command. */
  readonly warmUp: boolean;
  /** The emulator failed. A worker ends itself, so that its owner learns of it. */
  readonly onCrash: (error: Error) => void;
}
