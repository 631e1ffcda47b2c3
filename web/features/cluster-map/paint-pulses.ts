import type { Pulse } from './pulses.ts';

/** Dots on one line at a time; more make the last one larger. */
const MOST_DOTS = 6;
/** Milliseconds that a dot is on its way. */
const TRAVEL_MS = 600;
/** Pixels across: of one thing, and of as many as there may be. */
const SMALLEST = 7;
const LARGEST = 15;

/**
 * Sends dots along the lines of the map. @param slowness how many times longer they are on their way; @param still lights
 * the lines up instead
 */
export function paintPulses(
  map: HTMLElement,
  pulses: readonly Pulse[],
  { slowness, still }: { readonly slowness: number; readonly still: boolean },
): void {
  const ways = pulses.flatMap((pulse) => {
    const line = map.querySelector<HTMLElement>(`[data-line="${CSS.escape(pulse.station)}"]`);
    // Lines are measured before the first dot is put into one: after that, each would have the page laid out anew.
    return line === null ? [] : [{ pulse, line, length: line.clientHeight }];
  });
  for (const { pulse, line, length } of ways)
    if (still) lightUp(line);
    else sendDot(line, pulse, { length, duration: TRAVEL_MS * slowness });
}

function sendDot(
  line: HTMLElement,
  { direction, count, isFailure }: Pulse,
  { length, duration }: { readonly length: number; readonly duration: number },
): void {
  if (line.childElementCount >= MOST_DOTS) {
    line.lastElementChild?.setAttribute('data-many', '');
    return;
  }
  const dot = document.createElement('span');
  const size = Math.min(LARGEST, SMALLEST + 2 * Math.log2(count));
  Object.assign(dot.style, { width: `${size}px`, height: `${size}px`, margin: `-${size / 2}px` });
  dot.dataset['direction'] = direction;
  if (isFailure) dot.dataset['failure'] = '';
  line.append(dot);
  // Stations are above the API server, or below it with their nodes.
  const isUp = (line.dataset['side'] === 'above') === (direction === 'from-server');
  const [top, bottom] = ['translateY(0)', `translateY(${length}px)`];
  const way = isUp ? [bottom, top] : [top, bottom];
  dot.animate(
    way.map((transform) => ({ transform })),
    { duration, easing: 'ease-in-out' },
  ).onfinish = () => dot.remove();
}

function lightUp(line: HTMLElement): void {
  line.dataset['lit'] = '';
  setTimeout(() => delete line.dataset['lit'], TRAVEL_MS);
}
