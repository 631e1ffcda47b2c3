import { useEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Client } from '../../../engine/client/client.ts';
import { metadataOf } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import { paintPulses } from './paint-pulses.ts';
import { pulsesOf } from './pulses.ts';
import { TrafficModel, type TrafficView } from './traffic-model.ts';

/** Milliseconds between two drawings of boxes and list; dots move in every frame. */
const DRAW_MS = 100;
/** Kinds whose objects own others, or are looked for first. */
const KNOWN = [
  resources.deployments,
  resources.replicaSets,
  resources.statefulSets,
  resources.daemonSets,
  resources.jobs,
  resources.cronJobs,
  resources.services,
  resources.pods,
] as const;

/** The traffic of a cluster while this is on the page. @param map has the lines that dots go along */
export function useTraffic(
  cluster: ClusterFacade,
  client: Client,
  map: RefObject<HTMLElement | null>,
): { readonly model: TrafficModel; readonly view: TrafficView } {
  const [model] = useState(() => new TrafficModel());
  useEffect(() => {
    const tell = ({ nodes }: ReturnType<ClusterFacade['state']>) => model.setNodes(nodes);
    tell(cluster.state());
    const stops = [
      cluster.onState(tell),
      cluster.onTraffic((batch) => model.arrived(batch)),
      draw(model, map),
    ];
    const end = new AbortController();
    void know(model, client, end.signal);
    return () => {
      end.abort();
      for (const stop of stops) stop();
    };
  }, [cluster, client, model, map]);
  return { model, view: useSyncExternalStore(model.subscribe, model.view) };
}

/** Draws in frames of the page, and none while nothing happens. */
function draw(model: TrafficModel, map: RefObject<HTMLElement | null>): () => void {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  let frame = 0;
  let before = 0;
  let drawnAt = 0;
  const onFrame = (now: number) => {
    frame = 0;
    const added = model.advance(Math.min(DRAW_MS, now - before));
    before = now;
    const { playback } = model.view();
    if (map.current?.checkVisibility() === true)
      paintPulses(map.current, pulsesOf(added), {
        slowness: playback.speed === 1 ? 1 : 3,
        still: still.matches,
      });
    const isDue = now - drawnAt >= DRAW_MS;
    if (isDue) {
      drawnAt = now;
      model.publish();
    }
    if (!isDue || model.view().playback.mode === 'playing') schedule();
  };
  const schedule = () => {
    if (frame !== 0) return;
    frame = requestAnimationFrame(onFrame);
  };
  const stop = model.onWake(schedule);
  return () => {
    stop();
    cancelAnimationFrame(frame);
  };
}

/** What there is before anything happens, so that it can be followed. */
async function know(model: TrafficModel, client: Client, signal: AbortSignal): Promise<void> {
  const lists = await Promise.allSettled(
    KNOWN.map(async (resource) => {
      const { items } = await client.list(metadataOf(resource), { signal });
      return items.map(({ metadata: { name, namespace = '', uid, ownerReferences = [] } }) => ({
        group: resource.group,
        resource: resource.plural,
        subresource: '',
        namespace,
        name,
        uid,
        owners: ownerReferences.map((owner) => owner.uid),
      }));
    }),
  );
  // What was not answered is learned from the traffic.
  if (!signal.aborted)
    model.know(lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : [])));
}
