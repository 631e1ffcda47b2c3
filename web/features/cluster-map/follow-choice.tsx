import { useId } from 'react';
import { keyWords, type ObjectKey } from './object-graph.ts';
import styles from './cluster-map.module.css';

export interface FollowChoiceProps {
  readonly roots: readonly ObjectKey[];
  readonly followed: ObjectKey | undefined;
  readonly onFollow: (key: ObjectKey | undefined) => void;
}

/** Chooses one object whose story is told: with what belongs to it, and the Events about them. */
export function FollowChoice({ roots, followed, onFollow }: FollowChoiceProps) {
  const id = useId();
  const keys = followed === undefined || roots.includes(followed) ? roots : [followed, ...roots];
  return (
    <span className={styles['field']}>
      <label htmlFor={id}>Follow</label>
      <select
        id={id}
        value={followed ?? ''}
        onChange={({ target }) => onFollow(target.value === '' ? undefined : target.value)}
      >
        <option value="">everything</option>
        {keys.map((key) => (
          <option key={key} value={key}>
            {keyWords(key)}
          </option>
        ))}
      </select>
    </span>
  );
}
