import type { ClusterFacade } from '../api/cluster.ts';
import { systemClock } from '../base/clock.ts';
import { FetchArtifactSource } from '../machine/artifacts/fetch-artifact-source.ts';
import { browserClusterHost } from './browser-cluster-host.ts';
import type { WorkerLab } from './lab.ts';
import { MachineCluster } from './machine-cluster.ts';
import { readClusterFile } from './saved/cluster-file.ts';
import { loadPreparedCluster } from './saved/prepared-cluster.ts';
import { settingsOf, type SavedCluster } from './saved/saved-cluster.ts';

/**
 * A cluster whose machines are added to a lab of this page. It goes on from the prepared one where that is there. What
 * goes wrong in it is in the logs of its components.
 */
export async function openBrowserCluster(
  lab: WorkerLab,
  artifacts: string,
  nodes: number,
): Promise<ClusterFacade> {
  const source = new FetchArtifactSource(artifacts, { clock: systemClock });
  return openCluster(lab, nodes, await loadPreparedCluster(source, settingsOf({})));
}

/** The same, from what `ClusterFacade.save` gave. */
export async function restoreBrowserCluster(lab: WorkerLab, saved: Blob): Promise<ClusterFacade> {
  return openCluster(lab, 0, await readClusterFile(saved));
}

function openCluster(
  lab: WorkerLab,
  nodes: number,
  saved: SavedCluster | undefined,
): ClusterFacade {
  return new MachineCluster({
    nodes,
    lab,
    host: browserClusterHost,
    ...(saved === undefined ? {} : { saved }),
    onError: reportError,
  });
}
