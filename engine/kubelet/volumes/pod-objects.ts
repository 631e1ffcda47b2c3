import { resources } from '../../client/resources.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import type { Clock } from '../../base/clock.ts';
import type { ConfigMap, Secret } from '../../objects/generated/core-v1.generated.ts';
import { WatchedObjects } from './watched-objects.ts';

/** ConfigMaps and Secrets that the node's Pods use, in whatever way. */
export class PodObjects {
  readonly configMaps: WatchedObjects<ConfigMap>;
  readonly secrets: WatchedObjects<Secret>;

  constructor(options: { readonly informers: SharedInformers; readonly clock: Clock }) {
    this.configMaps = new WatchedObjects(resources.configMaps, options);
    this.secrets = new WatchedObjects(resources.secrets, options);
  }

  /** The Pod is gone. */
  release(podUid: string): void {
    this.configMaps.release(podUid);
    this.secrets.release(podUid);
  }
}
