import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react';
import { classNames } from '../../ui/class-names.ts';
import { keyWords, subjectOf, type ObjectKey } from './object-graph.ts';
import type { PlaybackAction } from './playback.ts';
import type { Recorded } from './recording.ts';
import type { TrafficView } from './traffic-model.ts';
import { wordsOf } from './words.ts';
import styles from './cluster-map.module.css';

export interface TrafficListProps {
  readonly view: TrafficView;
  readonly onAction: (action: PlaybackAction) => void;
  readonly onFollow: (key: ObjectKey) => void;
}

/** How rows are laid out, for lists of at least so many pixels, with the pixels that a row is high. */
const LAYOUTS = [
  { name: 'oneLine', from: 720, height: 28 },
  { name: 'twoLines', from: 480, height: 48 },
  { name: 'threeLines', from: 0, height: 66 },
] as const;
type Layout = (typeof LAYOUTS)[number];
const BACKWARDS: readonly string[] = ['ArrowUp', 'PageUp', 'Home'];

/** The same traffic as text. What is later than where one looks is pale. */
export function TrafficList({ view, onAction, onFollow }: TrafficListProps) {
  const { items, shown } = view;
  const { mode } = view.playback;
  const scroller = useRef<HTMLDivElement>(null);
  const layout = useLayout(scroller);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => layout.height,
    getItemKey: (index) => items[index]?.sequence ?? index,
    overscan: 10,
    // What is forgotten at the beginning does not draw along what one looks at: its first row in sight stays.
    anchorTo: mode === 'live' ? 'start' : 'end',
  });
  useEffect(() => virtualizer.measure(), [virtualizer, layout]);
  const current = items[shown - 1]?.sequence;
  const scrolledTo = useRef<number>(undefined);
  useEffect(() => {
    // More may have come, but one still looks at the same: the list stays as it was scrolled.
    if (current === undefined || current === scrolledTo.current) return;
    scrolledTo.current = current;
    virtualizer.scrollToIndex(shown - 1, { align: mode === 'paused' ? 'auto' : 'end' });
  }, [virtualizer, shown, current, mode]);
  // Who looks back does not want to be taken to the end again.
  const lookBack = () => {
    if (mode !== 'paused') onAction({ type: 'pause' });
  };
  // The focus would go with a row that scrolls away. Who clicks and follows may stay live.
  const onRowFocus = ({ target }: FocusEvent) => {
    if (target.matches(':focus-visible')) lookBack();
  };
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (BACKWARDS.includes(key)) lookBack();
  };
  return (
    <div
      role="table"
      aria-label="Requests and events"
      aria-rowcount={items.length + 1}
      className={styles['list']}
    >
      <div role="rowgroup">
        <div
          role="row"
          aria-rowindex={1}
          className={
            layout.name === 'oneLine'
              ? classNames(styles['row'], styles['oneLine'])
              : 'visually-hidden'
          }
        >
          {['Time', 'From', 'To', 'What', 'Object', 'Answer'].map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
      </div>
      {/* It listens to what scrolls it, and is no control. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        role="rowgroup"
        // A scrolling region must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label="Requests and events, oldest first"
        className={styles['rows']}
        onWheel={({ deltaY }) => deltaY < 0 && lookBack()}
        onTouchMove={lookBack}
        onKeyDown={onKeyDown}
      >
        <div
          role="presentation"
          className={styles['sizer']}
          style={{ height: virtualizer.getTotalSize() }}
        >
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            return (
              item && (
                <Row
                  key={item.sequence}
                  item={item}
                  index={index}
                  layout={layout}
                  place={index === shown - 1 ? 'current' : index < shown ? 'earlier' : 'later'}
                  style={{ transform: `translateY(${start}px)` }}
                  onAction={onAction}
                  onFollow={onFollow}
                  onFocus={onRowFocus}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps extends Pick<TrafficListProps, 'onAction' | 'onFollow'> {
  readonly item: Recorded;
  readonly index: number;
  readonly layout: Layout;
  readonly place: 'earlier' | 'current' | 'later';
  readonly style: CSSProperties;
  /** one of its buttons has the focus */
  readonly onFocus: (event: FocusEvent) => void;
}

function Row({ item, index, layout, place, style, onAction, onFollow, onFocus }: RowProps) {
  const { time, from, to, verb, object, answer, isFailure } = wordsOf(item);
  const subject = subjectOf(item.entry);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={place === 'current' ? 'true' : undefined}
      data-place={place}
      data-kind={item.entry.kind}
      className={classNames(styles['row'], styles[layout.name])}
      style={style}
    >
      <span role="cell">
        <button
          type="button"
          title="Stand here"
          onFocus={onFocus}
          onClick={() => onAction({ type: 'goTo', sequence: item.sequence })}
        >
          {time}
        </button>
      </span>
      <span role="cell">{from}</span>
      <span role="cell">{to}</span>
      <span role="cell" className={styles['verb']}>
        {verb}
      </span>
      <span role="cell" title={object}>
        {subject === undefined ? (
          object
        ) : (
          <button
            type="button"
            title={`Follow ${keyWords(subject)}`}
            onFocus={onFocus}
            onClick={() => onFollow(subject)}
          >
            {object}
          </button>
        )}
      </span>
      <span role="cell" data-failure={isFailure}>
        {answer}
      </span>
    </div>
  );
}

function useLayout(element: RefObject<HTMLElement | null>): Layout {
  const [layout, setLayout] = useState<Layout>(LAYOUTS[0]);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      // A list that is not shown keeps what it was.
      if (width > 0) setLayout(LAYOUTS.find(({ from }) => width >= from) ?? LAYOUTS[0]);
    });
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return layout;
}
