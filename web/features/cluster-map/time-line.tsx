import { useId } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { SPEEDS, type PlaybackAction, type Speed } from './playback.ts';
import type { TrafficView } from './traffic-model.ts';
import { sentenceOf } from './words.ts';
import styles from './cluster-map.module.css';

const SPEED_WORDS: Readonly<Record<Speed, string>> = {
  1: 'as it was',
  0.2: '5 times slower',
  0.05: '20 times slower',
};

export interface TimeLineProps {
  readonly view: TrafficView;
  readonly onAction: (action: PlaybackAction) => void;
}

/** Goes back and forth in what was recorded. */
export function TimeLine({ view, onAction }: TimeLineProps) {
  const { items, shown, playback, lost } = view;
  const { mode, speed } = playback;
  const current = items[shown - 1];
  const sentence = current === undefined ? 'Nothing has happened yet' : sentenceOf(current);
  const id = useId();
  return (
    <div className={styles['timeLine']}>
      <div className={styles['bar']}>
        {mode === 'paused' ? (
          <Button small icon="play" onClick={() => onAction({ type: 'play' })}>
            Go on
          </Button>
        ) : (
          <Button small icon="pause" onClick={() => onAction({ type: 'pause' })}>
            Pause
          </Button>
        )}
        <IconButton
          small
          icon="back"
          label="One step back"
          disabled={shown < 2}
          onClick={() => onAction({ type: 'step', by: -1 })}
        />
        <IconButton
          small
          icon="forward"
          label="One step forward"
          disabled={shown >= items.length}
          onClick={() => onAction({ type: 'step', by: 1 })}
        />
        <span className={styles['field']}>
          <label htmlFor={id}>Speed</label>
          <select
            id={id}
            value={speed}
            onChange={({ target }) =>
              onAction({
                type: 'setSpeed',
                speed: SPEEDS.find((each) => String(each) === target.value) ?? 1,
              })
            }
          >
            {SPEEDS.map((each) => (
              <option key={each} value={each}>
                {SPEED_WORDS[each]}
              </option>
            ))}
          </select>
        </span>
        <Button
          small
          disabled={mode === 'live'}
          aria-pressed={mode === 'live'}
          onClick={() => onAction({ type: 'live' })}
        >
          Live
        </Button>
        <input
          type="range"
          className={styles['slider']}
          aria-label="Place in the recording"
          aria-valuetext={sentence}
          min={1}
          max={Math.max(1, items.length)}
          value={Math.max(1, shown)}
          disabled={items.length === 0}
          onChange={({ target }) => {
            const sequence = items[Number(target.value) - 1]?.sequence;
            if (sequence !== undefined) onAction({ type: 'goTo', sequence });
          }}
        />
      </div>
      <p role="status" className={styles['now']}>
        {mode === 'paused' ? sentence : mode === 'live' ? 'Live' : 'Playing what was recorded'}
      </p>
      {lost > 0 && (
        <p className={styles['now']}>
          {lost === 1 ? '1 entry was' : `${lost} entries were`} left out: more happened than this
          page could take.
        </p>
      )}
    </div>
  );
}
