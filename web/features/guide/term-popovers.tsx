import {
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
  type MouseEvent,
  type ReactNode,
} from 'react';
import type { Term } from '../../../lessons/glossary.ts';
import { readGlossary } from '../lesson/course.ts';
import { SafeHtml } from '../lesson/safe-html.tsx';
import styles from './guide.module.css';

interface Shown {
  readonly term: Term;
  readonly link: HTMLAnchorElement;
}

/** Text whose links to terms show what they mean where one reads. With a modifier key they go to the glossary. */
export function TermPopovers({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState<Shown>();
  const close = useCallback(() => setShown(undefined), []);
  const onClick = (event: MouseEvent) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-term]');
    const id = link?.dataset['term'];
    if (!link || id === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void readGlossary().then((glossary) => {
      const term = glossary.get(id);
      if (term) setShown({ term, link });
    });
  };
  return (
    // Listens to clicks on links inside, which the keyboard makes too.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div onClick={onClick}>
      {children}
      {shown && <TermPopover key={shown.term.id} {...shown} onClose={close} />}
    </div>
  );
}

function TermPopover({ term, link, onClose }: Shown & { readonly onClose: () => void }) {
  const popover = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const element = popover.current;
    if (!element) return undefined;
    element.showPopover();
    const box = link.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const below = box.bottom + 4;
    const top = below + height > innerHeight - 4 ? box.top - height - 4 : below;
    element.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    element.style.top = `${Math.max(8, top)}px`;
    element.focus();
    // Escape; a click or the focus elsewhere.
    const onToggle = ({ newState }: ToggleEvent) => {
      if (newState === 'closed') onClose();
    };
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') link.focus();
    };
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget instanceof Node && !element.contains(relatedTarget)) element.hidePopover();
    };
    element.addEventListener('toggle', onToggle);
    element.addEventListener('keydown', onKeyDown);
    element.addEventListener('focusout', onFocusOut);
    return () => {
      element.removeEventListener('toggle', onToggle);
      element.removeEventListener('keydown', onKeyDown);
      element.removeEventListener('focusout', onFocusOut);
    };
  }, [link, onClose]);
  return (
    <div
      ref={popover}
      popover="auto"
      role="dialog"
      aria-labelledby={id}
      tabIndex={-1}
      className={styles['popover']}
    >
      <strong id={id}>{term.name}</strong>
      <SafeHtml html={`<p>${term.html}</p>`} />
      <a href={`#/glossary/${term.id}`}>In the glossary</a>
    </div>
  );
}
