import { useCallback, useEffect, useId, useState } from 'react';
import { resourcePath, type Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { useClient } from './cluster-client.ts';
import type { AnyObject } from './object-actions.ts';
import styles from './dashboard.module.css';

/** Lines from the end, as many as one reads. */
const LINES = 500;

/** What a container of the Pod has printed. */
export function PodLog({ pod }: { readonly pod: Stored<AnyObject> }) {
  const client = useClient();
  const containers = containersOf(pod);
  const [container = '', setContainer] = useState(containers[0]);
  const [log, setLog] = useState('');
  const [problem, setProblem] = useState<string>();
  const id = useId();
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
        <label htmlFor={id}>Container</label>
        <select id={id} value={container} onChange={({ target }) => setContainer(target.value)}>
          {containers.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
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

function containersOf(pod: Stored<AnyObject>): readonly string[] {
  type Named = readonly { readonly name: string }[];
  const { containers = [], initContainers = [] } = (pod.spec ?? {}) as {
    readonly containers?: Named;
    readonly initContainers?: Named;
  };
  return [...containers, ...initContainers].map((each) => each.name);
}
