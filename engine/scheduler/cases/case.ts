import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { TestCluster } from '../testing/test-framework.ts';

/** A rule of upstream's documentation, and a Pod that shows it. */
export interface Case extends TestCluster {
  /** reads as a sentence after the plugin's name */
  readonly rule: string;
  /** waits for a node */
  readonly pod: Stored<Pod>;
  /** the nodes that fit */
  readonly fits?: readonly string[];
  /** the event when none does */
  readonly message?: string;
  /** the normalised scores by node; of one plugin, or the weighted sums of all */
  readonly scores?: Readonly<Record<string, number>>;
  readonly scoredBy?: string;
}
