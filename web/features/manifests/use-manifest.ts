import { useCallback, useEffect, useMemo, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Client } from '../../../engine/client/client.ts';
import { pageClock } from '../../../engine/cluster/index.ts';
import { clusterClient } from '../../../lessons/cluster-view.ts';
import type { monaco } from '../editor/monaco.ts';
import { kindsIn } from './manifest-text.ts';

export interface Manifest {
  /** whether the text has objects, and there is a cluster for them */
  readonly isOne: boolean;
  /** Shows what applying it would change; does nothing for another text. */
  readonly offer: () => void;
  /** what is shown */
  readonly offered: { readonly client: Client; readonly text: string } | undefined;
  readonly close: () => void;
}

/** A YAML file beside a cluster: judged by what the cluster serves, and applied to it. */
export function useManifest(
  model: monaco.editor.ITextModel,
  cluster: ClusterFacade | undefined,
): Manifest {
  const [kinds, setKinds] = useState(0);
  const [offered, setOffered] = useState<Manifest['offered']>();
  const client = useMemo(
    () =>
      cluster === undefined || model.getLanguageId() !== 'yaml'
        ? undefined
        : clusterClient(cluster, pageClock, 'drydock-editor/1'),
    [cluster, model],
  );
  useEffect(() => {
    if (client === undefined) return undefined;
    let stop = (): void => {};
    let stopped = false;
    void import('./yaml-service.ts').then(({ followManifest }) => {
      if (!stopped) stop = followManifest(model, client);
    });
    const look = () => setKinds(kindsIn(model.getValue()).length);
    look();
    const subscription = model.onDidChangeContent(look);
    return () => {
      stopped = true;
      subscription.dispose();
      stop();
      setKinds(0);
    };
  }, [client, model]);
  const offer = useCallback(() => {
    const text = model.getValue();
    if (client !== undefined && kindsIn(text).length > 0) setOffered({ client, text });
  }, [client, model]);
  return {
    isOne: client !== undefined && kinds > 0,
    offer,
    offered,
    close: () => setOffered(undefined),
  };
}
