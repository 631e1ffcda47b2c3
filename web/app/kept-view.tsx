import { useLayoutEffect, useRef } from 'react';
import styles from './workspace.module.css';

/**
 * The element that a view is drawn in, which goes with it from one layout to another: nothing in it begins anew, but a page in a frame. An element that is
 * moved forgets how far it was scrolled and whether it had the focus; this one remembers for it.
 */
export class KeptView {
  readonly #element = document.createElement('div');
  readonly #scrolled = new WeakMap<Element, { readonly left: number; readonly top: number }>();
  #focused: HTMLElement | undefined;

  constructor() {
    this.#element.className = styles['kept'] ?? '';
    this.#element.addEventListener(
      'scroll',
      ({ target, isTrusted }) => {
        // Not what `arrive` tells, while a view that is hidden cannot be scrolled.
        if (isTrusted && target instanceof Element)
          this.#scrolled.set(target, { left: target.scrollLeft, top: target.scrollTop });
      },
      { capture: true, passive: true },
    );
  }

  get element(): HTMLElement {
    return this.#element;
  }

  /** It is in the page, and will not be there soon. */
  leave(): void {
    const { activeElement } = document;
    this.#focused =
      activeElement instanceof HTMLElement && this.#element.contains(activeElement)
        ? activeElement
        : undefined;
  }

  arrive(place: Element): void {
    place.append(this.#element);
    for (const scrolled of this.#element.querySelectorAll('*')) {
      const position = this.#scrolled.get(scrolled);
      if (position === undefined) continue;
      scrolled.scrollTo({ ...position, behavior: 'instant' });
      // One that is hidden, or has another size now: who draws only what is in sight must know.
      if (scrolled.scrollTop !== position.top) scrolled.dispatchEvent(new Event('scroll'));
    }
    if (document.activeElement === document.body) this.#focused?.focus({ preventScroll: true });
  }
}

/** Where a layout has a view. */
export function ViewPlace({ view }: { readonly view: KeptView }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place.current !== null) view.arrive(place.current);
    return () => view.leave();
  }, [view]);
  return <div ref={place} className={styles['kept']} />;
}
