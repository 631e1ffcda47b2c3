import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { resources } from '../../../engine/client/resources.ts';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { useClusterState } from '../cluster/cluster-progress.tsx';
import { dashboardClient } from '../dashboard/cluster-client.ts';
import { follow } from '../dashboard/follow.ts';
import { Breakpoints } from './breakpoints.tsx';
import { FollowChoice } from './follow-choice.tsx';
import { MapDrawing } from './map-drawing.tsx';
import { mapState } from './map-state.ts';
import { podBoxes, type PodBox } from './pods.ts';
import { TimeLine } from './time-line.tsx';
import { TrafficList } from './traffic-list.tsx';
import { useTraffic } from './use-traffic.ts';
import styles from './cluster-map.module.css';

/** Every request to the API server, and every event out of it, as it happens: as a map and as a list. */
export function ClusterMap({ cluster }: { readonly cluster: ClusterFacade }) {
  const client = useMemo(() => dashboardClient(cluster), [cluster]);
  const map = useRef<HTMLDivElement>(null);
  const { model, view } = useTraffic(cluster, client, map);
  const { nodes } = useClusterState(cluster);
  const pods = usePods(client);
  const [isDrawn, setDrawn] = useState(() => !matchMedia('(max-width: 640px)').matches);
  const id = useId();
  const { items, shown, filter, family, watchers } = view;
  const state = useMemo(
    () => mapState(items.slice(0, shown), nodes, watchers),
    [items, shown, nodes, watchers],
  );
  return (
    <div className={styles['clusterMap']}>
      <div className={styles['bar']}>
        <RealityLabel
          reality="ported"
          surface="The API server’s traffic"
          what="Each dot and each line of the list is a request that the API server answered, an event of a watch that it sent, or a call of etcd that it made. Nothing is made up for the picture; only the time that a dot is on its way is longer than in truth."
        />
        <FollowChoice roots={model.roots} followed={filter.follow} onFollow={model.follow} />
        <label className={styles['check']}>
          <input
            type="checkbox"
            checked={filter.withPage}
            onChange={({ target }) => model.setFilter({ withPage: target.checked })}
          />
          This page’s own requests
        </label>
        <label className={styles['check']}>
          <input
            type="checkbox"
            checked={isDrawn}
            aria-controls={id}
            onChange={({ target }) => setDrawn(target.checked)}
          />
          Map
        </label>
      </div>
      <TimeLine view={view} onAction={(action) => model.dispatch(action)} />
      <Breakpoints
        cluster={cluster}
        held={view.held}
        onReleased={(held) => model.forgetHeld(held)}
      />
      <div id={id} ref={map} hidden={!isDrawn}>
        {isDrawn && <MapDrawing state={state} nodes={nodes} pods={pods} family={family} />}
      </div>
      <TrafficList
        view={view}
        onAction={(action) => model.dispatch(action)}
        onFollow={model.follow}
      />
    </div>
  );
}

function usePods(client: ReturnType<typeof dashboardClient>): readonly PodBox[] {
  const [pods, setPods] = useState<readonly PodBox[]>([]);
  useEffect(
    () =>
      follow({
        client,
        resource: resources.pods,
        scope: {},
        ask: (signal) => client.list(resources.pods, { signal }),
        onAnswer: ({ items }) => setPods(podBoxes(items)),
        // What was last known stays; the list of requests tells that there is no answer.
        onProblem: () => {},
      }),
    [client],
  );
  return pods;
}
