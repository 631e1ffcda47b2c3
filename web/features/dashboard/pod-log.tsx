import { useCallback, useEffect, useState } from 'react';
import { resourcePath, type Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { useClient } from './cluster-client.ts';
import { ContainerChoice } from './container-choice.tsx';
import styles from './dashboard.module.css';

/** Lines from the end, as many as one reads. */
const LINES = 500;

/** What a container of the Pod has printed. */
export function PodLog({ pod }: { readonly pod: Stored<Pod> }) {
  const client = useClient();
  const [container, setContainer] = useState(pod.spec?.containers[0]?.name ?? '');
  const [log, setLog] = useState('');
  const [problem, setProblem] = useState<string>();
  const { name, namespace } = pod.metadata;
  const read = useCallback(
    async (signal?: AbortSignal) => {
      const query = new URLSearchParams({ container, tailLines: String(LINES) });
      const path = resourcePath(
        resources.pods,
        { name, ...(namespace !== undefined && { namespace }) },
        'log',
      );
      try {
        setLog(await client.getText(`${path}?${query}`, signal ? { signal } : {}));
        setProblem(undefined);
      } catch (error) {
        if (signal?.aborted !== true) setProblem(messageOf(error));
      }
    },
    [client, container, name, namespace],
  );
  useEffect(() => {
    const end = new AbortController();
    void read(end.signal);
    return () => end.abort();
  }, [read]);
  return (
    <>
      <div className={styles['actions']}>
        <ContainerChoice pod={pod} chosen={container} onChoose={setContainer} />
        <Button small icon="reload" onClick={() => void read()}>
          Read again
        </Button>
      </div>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
      <pre
        className={styles['log']}
        role="log"
        aria-live="off"
        aria-label={`Log of ${container}`}
        // A scrolling region must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        {log === '' && problem === undefined ? 'It has printed nothing.' : log}
      </pre>
    </>
  );
}
