import { expect, test } from 'vitest';
import { recorded, request } from './fixtures.ts';
import { live, play, type Playback, type PlaybackAction } from './playback.ts';

const items = recorded([100, 110, 300, 5000].map((at) => request({ at })));

function after(playback: Playback, ...actions: readonly PlaybackAction[]): Playback {
  return actions.reduce((state, action) => play(state, action, items), playback);
}

const tick = (elapsed: number): PlaybackAction => ({ type: 'tick', elapsed });
const goTo = (sequence: number): PlaybackAction => ({ type: 'goTo', sequence });

test('live shows what there is at once', () => {
  expect(after(live, tick(16))).toMatchObject({ mode: 'live', shown: 4, time: 5000 });
});

test('a pause stands still until it is played', () => {
  const paused = after(live, tick(16), { type: 'pause' });
  const more = recorded([100, 110, 300, 5000, 5001].map((at) => request({ at })));
  expect(play(paused, tick(1000), more)).toMatchObject({ mode: 'paused', shown: 4 });
});

test('one steps from item to item, and no further than there are', () => {
  expect(after(live, goTo(2), { type: 'step', by: 1 })).toMatchObject({ shown: 3, time: 300 });
  expect(after(live, goTo(2), { type: 'step', by: -1 })).toMatchObject({ shown: 1, time: 100 });
  expect(after(live, goTo(1), { type: 'step', by: -1 })).toMatchObject({ shown: 1 });
  expect(after(live, goTo(4), { type: 'step', by: 1 })).toMatchObject({ shown: 4 });
});

test('it goes on at the speed of then, without long silences, and is live when nothing is left', () => {
  const started = after(live, goTo(1), { type: 'play' });
  expect(started).toMatchObject({ mode: 'playing', shown: 1, time: 100 });
  expect(after(started, tick(5))).toMatchObject({ shown: 1, time: 105 });
  expect(after(started, tick(5), tick(5))).toMatchObject({ shown: 2, time: 110 });
  const beforeLast = after(started, tick(200), tick(16));
  expect(beforeLast).toMatchObject({ mode: 'playing', shown: 3, time: 4500 });
  expect(after(beforeLast, tick(500))).toMatchObject({ mode: 'live', shown: 4 });
});

test('slow motion leaves what is live, and stays slow at the end', () => {
  const slow = after(live, tick(16), { type: 'setSpeed', speed: 0.2 });
  expect(slow).toMatchObject({ mode: 'playing', shown: 4 });
  expect(after(slow, tick(1000))).toMatchObject({ mode: 'playing', shown: 4 });
  const moving = after(slow, goTo(1), { type: 'play' }, tick(50));
  expect(moving).toMatchObject({ shown: 2, time: 110 });
  expect(after(moving, { type: 'live' })).toMatchObject({ mode: 'live', speed: 1, shown: 4 });
});

test('only items that a filter leaves are stepped to', () => {
  const some = items.filter(({ sequence }) => sequence % 2 === 1);
  expect(play({ ...live, shown: 1 }, { type: 'step', by: 1 }, some)).toMatchObject({ shown: 3 });
  expect(play({ ...live, shown: 2 }, { type: 'step', by: -1 }, some)).toMatchObject({ shown: 1 });
});
