import { useEffect, useRef, useState, type ReactNode } from 'react';
import styles from './tooltip.module.css';

/** milliseconds a pointer rests before the tooltip shows; focus shows it at once */
const hoverDelay = 450;

/**
 * Shows `text` beside its child on hover and keyboard focus; Escape hides it (WCAG 1.4.13). The
 * text is only for the eye: give the child its own accessible name.
 */
export function Tooltip({
  text,
  shortcut,
  children,
}: {
  readonly text: string;
  readonly shortcut?: string;
  readonly children: ReactNode;
}) {
  const anchor = useRef<HTMLSpanElement>(null);
  const tip = useRef<HTMLSpanElement>(null);
  const timer = useRef<number>(undefined);
  const [shown, setShown] = useState(false);

  const hide = () => {
    clearTimeout(timer.current);
    setShown(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  useEffect(() => {
    const element = tip.current;
    const target = anchor.current?.firstElementChild;
    if (!shown || !element || !target) return undefined;
    // Not at once: a menu that Escape closes gives the focus back while it is being hidden, and the browser shows no other
    // popover meanwhile.
    const frame = requestAnimationFrame(() => {
      element.showPopover();
      const box = target.getBoundingClientRect();
      const { width, height } = element.getBoundingClientRect();
      const left = Math.min(
        Math.max(4, box.left + box.width / 2 - width / 2),
        innerWidth - width - 4,
      );
      const below = box.bottom + 6;
      const top = below + height > innerHeight ? box.top - height - 6 : below;
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    });
    return () => cancelAnimationFrame(frame);
  }, [shown]);

  return (
    // Listens to what bubbles from the control inside; it is no control itself.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <span
      ref={anchor}
      className={styles['anchor']}
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse')
          timer.current = window.setTimeout(() => setShown(true), hoverDelay);
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(':focus-visible') && setShown(true)}
      onBlur={hide}
      onKeyDown={(event) => event.key === 'Escape' && hide()}
    >
      {children}
      {shown && (
        <span ref={tip} popover="manual" className={styles['tip']} aria-hidden="true">
          {text}
          {shortcut && <span className={styles['shortcut']}>{shortcut}</span>}
        </span>
      )}
    </span>
  );
}
