import { useEffect, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { Button } from '../../ui/button.tsx';
import { PLACES } from './stopping-places.ts';
import type { Held } from './traffic-model.ts';
import { sentenceOf } from './words.ts';
import styles from './cluster-map.module.css';

export interface BreakpointsProps {
  readonly cluster: ClusterFacade;
  readonly held: readonly Held[];
  readonly onReleased: (id: number) => void;
}

/** Holds requests before the API server does what they ask, until one lets them go. */
export function Breakpoints({ cluster, held, onReleased }: BreakpointsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    cluster.setBreakpoints(
      PLACES.filter(({ id }) => chosen.has(id)).map(({ breakpoint }) => breakpoint),
    );
  }, [cluster, chosen]);
  // Nobody could let them go any more.
  useEffect(() => () => cluster.setBreakpoints([]), [cluster]);
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const release = (id: number) => {
    cluster.release(id);
    onReleased(id);
  };
  return (
    <div>
      <details className={styles['breakpoints']}>
        <summary>Stop before…{chosen.size > 0 && ` (${chosen.size} chosen)`}</summary>
        <ul>
          {PLACES.map(({ id, label }) => (
            <li key={id}>
              <label className={styles['check']}>
                <input
                  type="checkbox"
                  checked={chosen.has(id)}
                  onChange={({ target }) => toggle(id, target.checked)}
                />
                {label}
              </label>
            </li>
          ))}
        </ul>
      </details>
      <p role="status" className={styles['now']}>
        {held.length > 0 &&
          `${held.length} ${held.length === 1 ? 'request waits' : 'requests wait'} to be let go. Whoever asked waits too, and may give up and ask again; what was asked first is done all the same when you let it go.`}
      </p>
      {held.length > 0 && (
        <ul aria-label="Requests that wait" className={styles['held']}>
          {held.map(({ id, item }) => (
            <li key={id}>
              <span>{sentenceOf(item)}</span>
              <Button small icon="play" onClick={() => release(id)}>
                Let it go
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
