import { indexAfter, type Recorded } from './recording.ts';

export const SPEEDS = [1, 0.2, 0.05] as const;
export type Speed = (typeof SPEEDS)[number];

/** Where in a recording one looks. */
export interface Playback {
  /** `live`: what happens is shown at once. `playing`: from `time` on, at `speed`. */
  readonly mode: 'live' | 'playing' | 'paused';
  readonly speed: Speed;
  /** sequence of the last item that is shown; 0 before the first */
  readonly shown: number;
  /** UNIX milliseconds of what is shown */
  readonly time: number;
}

export type PlaybackAction =
  | { readonly type: 'pause' | 'play' | 'live' }
  /** to the next of these items, or the one before; then it stands there */
  | { readonly type: 'step'; readonly by: 1 | -1 }
  | { readonly type: 'goTo'; readonly sequence: number }
  | { readonly type: 'setSpeed'; readonly speed: Speed }
  /** @param elapsed milliseconds since the last one */
  | { readonly type: 'tick'; readonly elapsed: number };

export const live: Playback = { mode: 'live', speed: 1, shown: 0, time: 0 };

/** Milliseconds of silence that are played; longer ones are cut to it. */
const MOST_SILENCE = 500;

/** @param items those that are shown at all, oldest first: what a filter leaves of a recording */
export function play(
  playback: Playback,
  action: PlaybackAction,
  items: readonly Recorded[],
): Playback {
  switch (action.type) {
    case 'pause':
      return { ...playback, mode: 'paused' };
    case 'play':
      return playback.mode === 'live' ? playback : atEnd({ ...playback, mode: 'playing' }, items);
    case 'live':
      return toLive({ ...playback, speed: 1 }, items);
    case 'setSpeed':
      return setSpeed(playback, action.speed);
    case 'step': {
      const after = positionAfter(items, playback.shown);
      // A filter may have taken away where one stands.
      const isThere = items[after - 1]?.sequence === playback.shown;
      const target = items[action.by === 1 ? after : after - (isThere ? 2 : 1)];
      return target === undefined ? { ...playback, mode: 'paused' } : standAt(playback, target);
    }
    case 'goTo': {
      const target = items[positionAfter(items, action.sequence) - 1] ?? items[0];
      return target === undefined ? playback : standAt(playback, target);
    }
    case 'tick':
      return tick(playback, action.elapsed, items);
  }
}

function setSpeed(playback: Playback, speed: Speed): Playback {
  // Slow motion falls behind what happens now.
  const mode = playback.mode === 'live' && speed !== 1 ? 'playing' : playback.mode;
  return { ...playback, mode, speed };
}

function standAt(playback: Playback, { sequence, entry }: Recorded): Playback {
  return { ...playback, mode: 'paused', shown: sequence, time: entry.at };
}

function toLive(playback: Playback, items: readonly Recorded[]): Playback {
  const last = items.at(-1);
  const { shown, time } = playback;
  return {
    ...playback,
    mode: 'live',
    shown: last?.sequence ?? shown,
    time: last?.entry.at ?? time,
  };
}

function tick(playback: Playback, elapsed: number, items: readonly Recorded[]): Playback {
  if (playback.mode === 'paused') return playback;
  if (playback.mode === 'live')
    return items.at(-1)?.sequence === playback.shown ? playback : toLive(playback, items);
  let index = positionAfter(items, playback.shown);
  const next = items[index];
  if (next === undefined) return atEnd(playback, items);
  let { shown } = playback;
  const time = Math.max(
    playback.time + elapsed * playback.speed,
    next.entry.at - MOST_SILENCE * playback.speed,
  );
  for (let item = items[index]; item !== undefined && item.entry.at <= time; item = items[index]) {
    shown = item.sequence;
    index += 1;
  }
  return atEnd({ ...playback, shown, time }, items);
}

/** Who has seen everything, not slowly, is live again. */
function atEnd(playback: Playback, items: readonly Recorded[]): Playback {
  const isOver = positionAfter(items, playback.shown) === items.length;
  return isOver && playback.speed === 1 ? toLive(playback, items) : playback;
}

/** Index of the first of some of a recording's items after this sequence. */
function positionAfter(items: readonly Recorded[], sequence: number): number {
  const last = items.at(-1);
  if (last === undefined || last.sequence <= sequence) return items.length;
  if (last.sequence - (items[0]?.sequence ?? 0) === items.length - 1)
    return indexAfter(items, sequence);
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
