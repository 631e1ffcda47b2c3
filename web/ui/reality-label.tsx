import { useState } from 'react';
import { classNames } from './class-names.ts';
import { Dialog } from './dialog.tsx';
import styles from './reality-label.module.css';

export type Reality = 'real' | 'ported' | 'simulated';

/** What each label means, in a sentence or two. */
export const meanings: Record<Reality, string> = {
  real: 'The genuine software runs here: Linux, its kernel features, and programs as their projects publish them.',
  ported:
    'Our own code does this job. It speaks the genuine protocol with the same semantics, so genuine clients cannot tell.',
  simulated:
    'This part only pretends. It exists so that the parts around it have something to work with.',
};

/** The label alone. */
export function Badge({ reality }: { readonly reality: Reality }) {
  return <span className={classNames(styles['label'], styles[reality])}>{reality}</span>;
}

/** Says how real a surface is; opens an explanation. `what` is one or two sentences about this very surface. */
export function RealityLabel({
  reality,
  surface,
  what,
}: {
  readonly reality: Reality;
  readonly surface: string;
  readonly what: string;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={classNames(styles['label'], styles[reality])}
        aria-label={`${surface} is ${reality}. What does that mean?`}
        onClick={() => setOpen(true)}
      >
        {reality}
      </button>
      {open && (
        <Dialog title={`${surface}: ${reality}`} onClose={() => setOpen(false)}>
          <p className={styles['text']}>{what}</p>
          <p className={styles['text']}>
            <strong>{reality}</strong> means: {meanings[reality]}
          </p>
          <a href="#/labels" onClick={() => setOpen(false)}>
            All three labels, and what has which
          </a>
        </Dialog>
      )}
    </>
  );
}
