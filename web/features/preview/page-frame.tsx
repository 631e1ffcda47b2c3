import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from 'react';
import type { LabMachine, OpenPort } from '../../../engine/api/lab.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { PageView } from './page-view.ts';
import { previewGateway } from './preview-gateway.ts';
import { displayAddress, readTypedAddress } from './wire/preview-address.ts';
import styles from './preview.module.css';

export interface PageFrameProps {
  readonly machine: Pick<LabMachine, 'name'>;
  readonly port: number;
  /** what is published on the port now; undefined while nothing is */
  readonly open?: OpenPort | undefined;
}

/** A small browser for one port: address bar, history, the page. */
export function PageFrame({ machine, port, open }: PageFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [view] = useState(() => new PageView(previewGateway(), machine.name, port));
  const state = useSyncExternalStore(view.subscribe, view.state);
  const address = displayAddress(state.port, state.path);

  useEffect(() => (frame.current ? view.attach(frame.current) : undefined), [view]);

  const container = open?.container;
  const closed = useRef(false);
  useEffect(() => {
    if (container === undefined) closed.current = true;
    else if (closed.current) {
      closed.current = false;
      view.portOpened();
    }
  }, [container, view]);

  return (
    <>
      <div className={styles['toolbar']} role="group" aria-label="Page controls">
        <IconButton
          small
          icon="back"
          label="Back"
          disabled={!state.canGoBack}
          onClick={() => view.back()}
        />
        <IconButton
          small
          icon="forward"
          label="Forward"
          disabled={!state.canGoForward}
          onClick={() => view.forward()}
        />
        <IconButton
          small
          icon="reload"
          label="Reload the page"
          onClick={() => void view.reload()}
        />
        <AddressBar
          key={address}
          address={address}
          onGo={(text) => {
            const target = readTypedAddress(text, { machine: machine.name, port: state.port });
            if (target) void view.go(target.port, target.path);
            return target !== undefined;
          }}
        />
        <IconButton
          small
          icon="external"
          label="Open in a new tab"
          disabled={state.mode === 'unavailable'}
          onClick={() => view.openInNewTab()}
        />
      </div>
      <div className={styles['notices']}>
        {state.loading && <ProgressBar label="Loading the page" />}
        {container === undefined && state.mode !== 'connecting' && (
          <p className={styles['notice']} role="status">
            No container publishes port {port} at the moment. The page loads again when one does.
          </p>
        )}
        {state.mode === 'path' && (
          <p className={styles['notice']} role="status">
            This address offers no separate origin for your pages, so they are shown without running
            their scripts.
          </p>
        )}
        {state.external !== null && (
          <p className={styles['notice']} role="status">
            <span>
              This link leads out of the machine:{' '}
              <a
                href={state.external}
                target="_blank"
                rel="noopener noreferrer"
                onClick={() => view.dismissExternal()}
              >
                {state.external}
              </a>
            </span>
            <Button small variant="quiet" onClick={() => view.dismissExternal()}>
              Stay here
            </Button>
          </p>
        )}
      </div>
      {state.mode === 'unavailable' ? (
        <div className={styles['empty']} role="alert">
          <h3 className={styles['emptyTitle']}>Pages cannot be shown here</h3>
          <p>
            The preview needs a service worker, which this browser does not allow here. A private
            window often does not; try an ordinary one. In the terminal,{' '}
            <code>curl http://localhost:{port}/</code> shows what is served.
          </p>
          <Button onClick={() => void view.go(port, '/')}>Try again</Button>
        </div>
      ) : null}
      <div className={styles['stage']} hidden={state.mode === 'unavailable'}>
        <iframe
          ref={frame}
          className={styles['frame']}
          title={state.title === '' ? `Page on port ${state.port}` : state.title}
        />
        {state.early && container !== undefined && (
          <div className={styles['early']}>
            <Waiting text={`Waiting for a program to answer on port ${state.port}`} />
          </div>
        )}
      </div>
    </>
  );
}

function AddressBar({
  address,
  onGo,
}: {
  readonly address: string;
  readonly onGo: (text: string) => boolean;
}) {
  const [text, setText] = useState(address);
  const [wrong, setWrong] = useState(false);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(!onGo(text));
  };
  return (
    <form className={styles['addressForm']} onSubmit={onSubmit}>
      <input
        className={styles['address']}
        aria-label="Address"
        aria-invalid={wrong}
        title={
          wrong
            ? 'Only addresses of this machine can be shown, such as http://localhost:80/'
            : undefined
        }
        type="text"
        inputMode="url"
        autoCapitalize="none"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
        onFocus={(event) => event.target.select()}
        onKeyDown={(event) => event.key === 'Escape' && setText(address)}
      />
    </form>
  );
}
