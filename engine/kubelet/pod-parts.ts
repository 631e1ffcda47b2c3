import type { KubeletContext, KubeletParts } from './contracts.ts';
import { NodeCgroups } from './cgroups/node-cgroups.ts';
import { NodeContainerConfigs } from './config/container-configs.ts';
import { PodImageCredentials } from './images/image-credentials.ts';
import { PodObjects } from './volumes/pod-objects.ts';
import { NodePodVolumes } from './volumes/pod-volumes.ts';
import { ServiceAccountTokens } from './volumes/service-account-tokens.ts';
import { SimulatedVolumes } from './volumes/simulated-volumes.ts';
import { VolumeContents } from './volumes/volume-contents.ts';

/** The parts of a kubelet that turn what Pods ask for into what is on the node. */
export function podParts(
  context: KubeletContext,
): Pick<KubeletParts, 'volumes' | 'configs' | 'credentials' | 'cgroups' | 'loops'> {
  const objects = new PodObjects(context);
  const tokens = new ServiceAccountTokens(context);
  const cgroups = new NodeCgroups(context);
  const contents = new VolumeContents({
    configMaps: objects.configMaps,
    secrets: objects.secrets,
    tokens,
    informers: context.informers,
    allocatable: () => context.node()?.status?.allocatable ?? {},
  });
  const volumes = new NodePodVolumes({
    context,
    contents,
    release: (podUid) => {
      objects.release(podUid);
      tokens.release(podUid);
      configs.release(podUid);
    },
  });
  const configs = new NodeContainerConfigs({ context, volumes, objects, cgroups });
  for (const watched of [objects.configMaps, objects.secrets])
    watched.changes(({ podUid }) => volumes.touch(podUid));
  return {
    volumes,
    configs,
    cgroups,
    credentials: new PodImageCredentials(objects),
    loops: [new SimulatedVolumes(context).run],
  };
}
