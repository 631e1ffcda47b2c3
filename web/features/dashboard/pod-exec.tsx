import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import type { Stored } from '../../../engine/client/resource.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { Button } from '../../ui/button.tsx';
import { TerminalSession } from '../terminal/terminal-session.ts';
import { TerminalView } from '../terminal/terminal-view.tsx';
import { useCluster } from './cluster-client.ts';
import { ContainerChoice } from './container-choice.tsx';
import { isForShell, wordsOf } from './exec-words.ts';
import styles from './dashboard.module.css';

/** A command with a terminal in a container of the Pod, for as long as this is shown. */
export function PodExec({ pod }: { readonly pod: Stored<Pod> }) {
  const cluster = useCluster();
  const [container, setContainer] = useState(pod.spec?.containers[0]?.name ?? '');
  const [command, setCommand] = useState('sh');
  const [session, setSession] = useState<TerminalSession>();
  const [id, hint] = [useId(), useId()];
  const { name, namespace = '' } = pod.metadata;
  const current = useRef<TerminalSession>(undefined);
  useEffect(() => () => current.current?.dispose(), []);
  const run = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    current.current?.dispose();
    const form = event.currentTarget;
    const argv = wordsOf(command);
    const started = new TerminalSession(
      {
        ready: () => Promise.resolve(),
        open: (size) => cluster.exec({ namespace, pod: name, container, argv, size }),
      },
      {
        onTitle: () => {},
        onFocus: () => {},
        onLink: (url) => window.open(url, '_blank', 'noopener'),
        // Not when one has gone elsewhere meanwhile.
        onSpoken: () => form.contains(document.activeElement) && started.focus(),
      },
    );
    current.current = started;
    setSession(started);
  };
  return (
    <>
      <form className={styles['actions']} onSubmit={run}>
        <ContainerChoice pod={pod} chosen={container} onChoose={setContainer} />
        <label htmlFor={id}>Command</label>
        <input
          id={id}
          required
          pattern=".*\S.*"
          aria-describedby={hint}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={command}
          onChange={({ target }) => setCommand(target.value)}
        />
        <Button small type="submit" icon="terminal">
          Run
        </Button>
      </form>
      <p id={hint} role="status" className={styles['count']}>
        {isForShell(command) &&
          'No shell reads this: spaces divide words, and quotes, pipes and variables reach the program as they are. Run sh, and type it there.'}
      </p>
      {session === undefined && !isForShell(command) && (
        <p className={styles['count']}>
          It runs in the container, through the API server and the kubelet, as with{' '}
          <code>
            kubectl exec -it {name} -n {namespace} -c {container} -- {command}
          </code>
          .
        </p>
      )}
      {session !== undefined && (
        <div className={styles['terminal']}>
          <TerminalView session={session} label={`${command} in ${container}`} visible />
        </div>
      )}
    </>
  );
}
