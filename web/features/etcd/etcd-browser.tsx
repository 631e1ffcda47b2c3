import { useCallback, useEffect, useId, useMemo, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { prefixEnd, type KeyValue } from '../../../engine/api/etcd.ts';
import { Button } from '../../ui/button.tsx';
import { gathered } from '../../ui/gathered.ts';
import { messageOf } from '../../ui/message-of.ts';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { chooseKeys } from './key-history.ts';
import { KeyVersions } from './key-versions.tsx';
import styles from './etcd-browser.module.css';

/** Where the API server keeps objects. */
const PREFIX = '/registry/';
/** More keys than this are not drawn: a search finds the others. */
const MOST_KEYS = 300;
/** Milliseconds after a write until keys are read anew, so that a flood of writes is one. */
const GATHER_MS = 500;

/** What is in the cluster's etcd: its keys, and the versions of each that it still knows. */
export function EtcdBrowser({ cluster }: { readonly cluster: ClusterFacade }) {
  const { keys, revision, problem, readAgain } = useKeys(cluster);
  const [search, setSearch] = useState('');
  const [order, setOrder] = useState<'key' | 'changed'>('changed');
  const [opened, setOpened] = useState<string>();
  const ids = { search: useId(), order: useId() };
  const found = useMemo(() => chooseKeys(keys ?? [], search, order), [keys, search, order]);
  if (opened !== undefined)
    return (
      <KeyVersions
        key={opened}
        cluster={cluster}
        name={opened}
        modRevision={keys?.find(({ key }) => key === opened)?.modRevision}
        onBack={() => setOpened(undefined)}
      />
    );
  return (
    <div className={styles['browser']}>
      <div className={styles['bar']}>
        <RealityLabel
          reality="ported"
          surface="etcd"
          what="Our code with etcd’s data model and API: keys with versions, one revision for the whole store, watches, leases, compaction. These are the very keys and values that the API server reads and writes, in its format."
        />
        <span className={styles['field']}>
          <label htmlFor={ids.search}>Search keys</label>
          <input
            id={ids.search}
            type="search"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
        </span>
        <span className={styles['field']}>
          <label htmlFor={ids.order}>Order</label>
          <select
            id={ids.order}
            value={order}
            onChange={({ target }) => setOrder(target.value === 'key' ? 'key' : 'changed')}
          >
            <option value="changed">changed last</option>
            <option value="key">by key</option>
          </select>
        </span>
      </div>
      {problem !== undefined && (
        <div role="alert" className={styles['problem']}>
          <p>etcd does not answer: {problem} Start it again, then read again.</p>
          <Button small icon="reload" onClick={readAgain}>
            Read again
          </Button>
        </div>
      )}
      {keys === undefined && problem === undefined && <Waiting text="Reading etcd" />}
      {keys !== undefined && (
        <>
          <p role="status" className={styles['count']}>
            {found.length} keys{found.length > MOST_KEYS && `, ${MOST_KEYS} shown: search for more`}
            ; the store is at revision {revision}
          </p>
          <table className={styles['table']} aria-label="Keys">
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Version</th>
                <th scope="col">Changed at revision</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, MOST_KEYS).map(({ key, version, modRevision }) => (
                <tr key={key}>
                  <td>
                    <button type="button" className={styles['name']} onClick={() => setOpened(key)}>
                      {key}
                    </button>
                  </td>
                  <td>{version}</td>
                  <td>{modRevision}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  );
}

/** All keys, read anew when the API server has written one. */
function useKeys(cluster: ClusterFacade) {
  const [keys, setKeys] = useState<readonly KeyValue[]>();
  const [revision, setRevision] = useState(0);
  const [problem, setProblem] = useState<string>();
  const readAgain = useCallback(async () => {
    try {
      const request = { key: PREFIX, rangeEnd: prefixEnd(PREFIX), keysOnly: true };
      const { kvs, header } = await cluster.readEtcd(request);
      setKeys(kvs);
      setRevision(header.revision);
      setProblem(undefined);
    } catch (error) {
      setProblem(`${messageOf(error)}.`);
    }
  }, [cluster]);
  useEffect(() => {
    const written = gathered(
      () => GATHER_MS,
      () => void readAgain(),
    );
    const stop = cluster.onTraffic(({ entries }) => {
      if (entries.some((entry) => entry.kind === 'etcd' && entry.call !== 'range')) written.tell();
    });
    void readAgain();
    return () => {
      stop();
      written.stop();
    };
  }, [cluster, readAgain]);
  return { keys, revision, problem, readAgain: () => void readAgain() };
}
