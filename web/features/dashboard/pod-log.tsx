import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { resourcePath, type Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { Button } from '../../ui/button.tsx';
import { gathered } from '../../ui/gathered.ts';
import { messageOf } from '../../ui/message-of.ts';
import { useClient } from './cluster-client.ts';
import { ContainerChoice } from './container-choice.tsx';
import { logTail } from './log-tail.ts';
import styles from './dashboard.module.css';

/** Lines from the end to begin with, as many as one reads. */
const LINES = 500;
/** Milliseconds in which what comes is gathered before it is shown. */
const GATHER_MS = 100;

/** What a container of the Pod prints, as it does. */
export function PodLog({ pod }: { readonly pod: Stored<Pod> }) {
  const [container, setContainer] = useState(pod.spec?.containers[0]?.name ?? '');
  const [attempt, setAttempt] = useState(0);
  const { log, problem, isOver } = useLog(pod, container, attempt);
  const text = useRef<HTMLPreElement>(null);
  const wasAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (wasAtEnd.current) text.current?.scrollTo({ top: text.current.scrollHeight });
  }, [log]);
  return (
    <>
      <div className={styles['actions']}>
        <ContainerChoice pod={pod} chosen={container} onChoose={setContainer} />
        <Button small icon="reload" onClick={() => setAttempt(attempt + 1)}>
          Read again
        </Button>
        <span role="status" className={styles['count']}>
          {isOver ? 'It is at its end.' : ''}
        </span>
      </div>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
      <pre
        ref={text}
        className={styles['log']}
        role="log"
        aria-live="off"
        aria-label={`Log of ${container}`}
        // A scrolling region must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          wasAtEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
        }}
      >
        {log === '' && problem === undefined ? 'It has printed nothing.' : log}
        {log === undefined && problem === undefined && 'Asking the kubelet of its node.'}
      </pre>
    </>
  );
}

/** Follows the log of a container, and of the one that takes its place; again for another attempt. Undefined until it is asked for. */
function useLog({ metadata, status }: Stored<Pod>, container: string, attempt: number) {
  const client = useClient();
  const [log, setLog] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [isOver, setIsOver] = useState(false);
  const { name, namespace = '' } = metadata;
  const started = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ].find((each) => each.name === container)?.containerID;
  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    let read = '';
    const show = (): void => {
      if (!signal.aborted) setLog(read);
    };
    const printed = gathered(() => GATHER_MS, show);
    const follow = async (): Promise<void> => {
      const query = new URLSearchParams({ container, tailLines: String(LINES), follow: 'true' });
      const path = resourcePath(resources.pods, { name, namespace }, 'log');
      const reader = (await client.getStream(`${path}?${query}`, { signal }))
        .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
        .getReader();
      show();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        read = logTail(read + value);
        printed.tell();
      }
    };
    setLog(undefined);
    setProblem(undefined);
    setIsOver(false);
    follow()
      .then(() => signal.aborted || setIsOver(true))
      .catch((error: unknown) => signal.aborted || setProblem(messageOf(error)))
      .finally(() => read !== '' && show());
    return () => {
      printed.stop();
      end.abort();
    };
  }, [client, container, name, namespace, started, attempt]);
  return { log, problem, isOver };
}
