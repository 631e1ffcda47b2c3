import { useEffect, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { megabytes, partNames, type PartName } from './copy-plan.ts';
import {
  makeCopy,
  readOffer,
  removeCopy,
  whyNotOffline,
  type CopyProgress,
  type Offer,
} from './offline-copy.ts';
import { copyIs, useCopy } from './use-copy.ts';
import styles from './offline.module.css';

const words: Readonly<Record<PartName, readonly [name: string, what: string]>> = {
  docker: ['Docker machines', 'for the lessons about containers, and to play with'],
  images: ['Images', 'all of the registry, such as nginx, debian and redis'],
  cluster: ['Cluster', 'nodes, control plane, kubectl and CoreDNS'],
};

/** Keeps the app and chosen parts in this browser, with sizes before and progress while they come. */
export function OfflineDialog({ onClose }: { readonly onClose: () => void }) {
  const { copy, outdated } = useCopy();
  const impossible = whyNotOffline();
  const [offer, setOffer] = useState<Offer>();
  const [problem, setProblem] = useState<string>();
  const [chosen, setChosen] = useState<ReadonlySet<PartName>>(new Set(['docker', 'images']));
  const [progress, setProgress] = useState<CopyProgress>();
  const [said, setSaid] = useState('');
  const abort = useRef<AbortController>(undefined);
  const has = copy !== undefined && copy !== 'unknown';

  useEffect(() => {
    if (impossible !== undefined) return undefined;
    readOffer().then(setOffer, () =>
      setProblem(
        'What there is could not be read from the server. Look at your connection, then open this again.',
      ),
    );
    return () => abort.current?.abort();
  }, [impossible]);
  useEffect(() => {
    if (has) setChosen(new Set(copy.parts));
  }, [has, copy]);

  const keep = async (parts: Offer) => {
    const controller = (abort.current = new AbortController());
    setProblem(undefined);
    setSaid('');
    try {
      const wanted = partNames.filter((name) => chosen.has(name));
      const record = await makeCopy(parts, wanted, setProgress, controller.signal);
      copyIs(record);
      setSaid('All is here. Drydock works without a network now.');
    } catch (error) {
      setProblem(describe(error));
    } finally {
      setProgress(undefined);
    }
  };
  const remove = async () => {
    await removeCopy();
    copyIs(undefined);
    setSaid('The copy is gone. Drydock needs a network again.');
  };

  const total =
    offer === undefined
      ? 0
      : offer.app.files.reduce((sum, { size }) => sum + size, 0) +
        partNames.reduce((sum, name) => sum + (chosen.has(name) ? offer.parts[name].bytes : 0), 0);
  return (
    <Dialog
      title="Without a network"
      onClose={onClose}
      footer={
        <>
          {has && progress === undefined && (
            <Button variant="danger" icon="trash" onClick={() => void remove()}>
              Take it away
            </Button>
          )}
          {progress !== undefined ? (
            <Button onClick={() => abort.current?.abort()}>Stop</Button>
          ) : (
            offer !== undefined && (
              <Button variant="primary" icon="download" onClick={() => void keep(offer)}>
                {outdated ? 'Bring up to date' : 'Keep'} ({megabytes(total)})
              </Button>
            )
          )}
        </>
      }
    >
      {impossible !== undefined && <p role="alert">Nothing can be kept here. {impossible}</p>}
      {impossible === undefined && (
        <p>
          What you choose is kept in this browser’s storage. Then this page opens without a network,
          at the same address.
        </p>
      )}
      {offer === undefined && problem === undefined && impossible === undefined && (
        <Waiting text="Looking how large it is" />
      )}
      {offer && (
        <fieldset className={styles['parts']} disabled={progress !== undefined}>
          <legend className="visually-hidden">What to keep</legend>
          <div className={styles['part']}>
            <input id="offline-app" type="checkbox" checked disabled />
            <label htmlFor="offline-app">
              <strong>The app</strong>, with all lessons
            </label>
            <span>{megabytes(offer.app.files.reduce((sum, { size }) => sum + size, 0))}</span>
          </div>
          {(['docker', 'images', 'cluster'] as const).map((name) => (
            <div key={name} className={styles['part']}>
              <input
                id={`offline-${name}`}
                type="checkbox"
                checked={chosen.has(name)}
                onChange={({ target }) => {
                  const next = new Set(chosen);
                  if (target.checked) next.add(name);
                  else next.delete(name);
                  // A cluster's machines stand on the same disks.
                  if (next.has('cluster')) next.add('docker');
                  setChosen(next);
                }}
              />
              <label htmlFor={`offline-${name}`}>
                <strong>{words[name][0]}</strong>, {words[name][1]}
              </label>
              <span>{megabytes(offer.parts[name].bytes)}</span>
            </div>
          ))}
        </fieldset>
      )}
      {progress && (
        <ProgressBar
          label="Download"
          value={progress.total === 0 ? 1 : progress.done / progress.total}
          text={`${progress.done} of ${progress.total} files`}
        />
      )}
      {/* Each file would interrupt; only the end is announced. */}
      {progress && (
        <p className={styles['said']}>
          {progress.done} of {progress.total} files
        </p>
      )}
      <p role="status" className={progress ? 'visually-hidden' : styles['said']}>
        {said}
      </p>
      {problem !== undefined && <p role="alert">{problem}</p>}
    </Dialog>
  );
}

function describe(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'AbortError')
    return 'Stopped. What has come is kept, and the next time it goes on from there.';
  if (name === 'QuotaExceededError')
    return 'There is no room left in this browser’s storage. Choose fewer parts, or delete checkpoints, then try again. What was there before still works.';
  return `A part could not be fetched: ${messageOf(error)} What has come is kept; try again and it goes on from there.`;
}
