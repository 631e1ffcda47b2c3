import { memo, useId, useState } from 'react';
import { keyWords, type ObjectKey } from './object-graph.ts';
import styles from './cluster-map.module.css';

export interface FollowChoiceProps {
  /** objects that can be followed now */
  readonly roots: () => readonly ObjectKey[];
  readonly followed: ObjectKey | undefined;
  readonly onFollow: (key: ObjectKey | undefined) => void;
}

/**
 * Chooses one object whose story is told: with what belongs to it, and the Events about them. There may be thousands, which
 * browsers measure again whenever one of them is new: they are asked for when one reaches for the choice, and stay as they
 * are while one chooses.
 */
export const FollowChoice = memo(function FollowChoice({
  roots,
  followed,
  onFollow,
}: FollowChoiceProps) {
  const id = useId();
  const [known, setKnown] = useState<readonly ObjectKey[]>([]);
  const lookAgain = () => setKnown(roots());
  const keys = followed === undefined || known.includes(followed) ? known : [followed, ...known];
  return (
    <span className={styles['field']}>
      <label htmlFor={id}>Follow</label>
      <select
        id={id}
        className={styles['follow']}
        value={followed ?? ''}
        onFocus={lookAgain}
        onPointerDown={lookAgain}
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
});
