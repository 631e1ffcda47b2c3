import { useEffect, useId, useRef, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { IconButton } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { readHistory, valueLines, type KeyHistory } from './key-history.ts';
import styles from './etcd-browser.module.css';

export interface KeyVersionsProps {
  readonly cluster: ClusterFacade;
  /** the key */
  readonly name: string;
  /** at which it was changed last; undefined when it is gone */
  readonly modRevision: number | undefined;
  readonly onBack: () => void;
}

const END_WORDS = {
  created: 'The last one is the first version of the key.',
  compacted:
    'Older versions were compacted: the API server lets etcd forget what is older than five minutes.',
  more: 'There may be older ones.',
} as const;

/** One key, and how it was changed. */
export function KeyVersions({ cluster, name, modRevision, onBack }: KeyVersionsProps) {
  const [history, setHistory] = useState<KeyHistory>();
  const [problem, setProblem] = useState<string>();
  const [chosen, setChosen] = useState<number>();
  const id = useId();
  useEffect(() => {
    let isOld = false;
    // One that is gone stays as it was last seen.
    if (modRevision === undefined) return;
    readHistory((request) => cluster.readEtcd(request), name).then(
      (read) => {
        if (isOld) return;
        setHistory(read);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!isOld) setProblem(messageOf(error));
      },
    );
    return () => {
      isOld = true;
    };
  }, [cluster, name, modRevision]);
  const versions = history?.versions ?? [];
  const index = Math.max(
    0,
    versions.findIndex((version) => version.modRevision === chosen),
  );
  const version = versions[index];
  const value = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const changed = value.current?.querySelector<HTMLElement>(
      '[data-change]:not([data-change=same])',
    );
    if (value.current && changed)
      value.current.scrollTop = changed.offsetTop - value.current.clientHeight / 3;
  }, [version]);
  return (
    <div className={styles['browser']}>
      <div className={styles['bar']}>
        <IconButton icon="back" label="Back to the keys" onClick={onBack} />
        <h3 className={styles['key']}>{name}</h3>
      </div>
      <p role="status" className={styles['count']}>
        {modRevision === undefined && 'The key was deleted. This is how it was last. '}
        {history !== undefined &&
          `${versions.length === 1 ? '1 version is' : `${versions.length} versions are`} known. ${END_WORDS[history.end]}`}
      </p>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          etcd does not answer: {problem}. Start it again, then open the key again.
        </p>
      )}
      {history === undefined && problem === undefined && <Waiting text="Reading its versions" />}
      {version !== undefined && (
        <>
          <div className={styles['bar']}>
            <span className={styles['field']}>
              <label htmlFor={id}>Version</label>
              <select
                id={id}
                value={version.modRevision}
                onChange={({ target }) => setChosen(Number(target.value))}
              >
                {versions.map((each) => (
                  <option key={each.modRevision} value={each.modRevision}>
                    {each.version}, at revision {each.modRevision}
                  </option>
                ))}
              </select>
            </span>
            <IconButton
              small
              icon="back"
              label="Older version"
              disabled={index >= versions.length - 1}
              onClick={() => setChosen(versions[index + 1]?.modRevision)}
            />
            <IconButton
              small
              icon="forward"
              label="Newer version"
              disabled={index === 0}
              onClick={() => setChosen(versions[index - 1]?.modRevision)}
            />
            <span className={styles['count']}>
              created at revision {version.createRevision}
              {version.lease !== 0 && `, goes with lease ${version.lease.toString(16)}`}
            </span>
          </div>
          <pre
            ref={value}
            className={styles['value']}
            role="region"
            aria-label="Value, with what this version changed"
            // A scrolling region must be reachable by keyboard.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
          >
            {valueLines(version.value, versions[index + 1]?.value).map(({ text, change }, line) => (
              // A line has no other name than its place.
              // oxlint-disable-next-line react/no-array-index-key
              <span key={line} data-change={change}>
                {change === 'added' ? '+ ' : change === 'removed' ? '- ' : '  '}
                {text}
                {'\n'}
              </span>
            ))}
          </pre>
        </>
      )}
    </div>
  );
}
