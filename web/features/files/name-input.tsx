import { useEffect, useId, useRef, useState } from 'react';
import { nameProblem } from './paths.ts';
import styles from './file-tree.module.css';

/** Asks for a name in place. Enter and leaving accept, Escape and an unusable name on leaving do not: `onDone(undefined)`. */
export function NameInput({
  initial,
  siblings,
  level,
  label,
  onDone,
}: {
  readonly initial: string;
  readonly siblings: ReadonlySet<string>;
  readonly level: number;
  readonly label: string;
  readonly onDone: (name: string | undefined) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial);
  const [touched, setTouched] = useState(false);
  const done = useRef(false);
  const id = useId();
  const name = text.trim();
  const problem = nameProblem(name, siblings);

  useEffect(() => {
    const element = input.current;
    if (!element) return;
    element.focus();
    // The extension usually stays.
    const dot = initial.lastIndexOf('.');
    element.setSelectionRange(0, dot > 0 ? dot : initial.length);
  }, [initial]);

  const finish = (result: string | undefined) => {
    if (done.current) return;
    done.current = true;
    onDone(result === initial ? undefined : result);
  };

  return (
    <div
      className={styles['naming']}
      style={{ paddingInlineStart: `calc(var(--space-5) + ${level - 1} * var(--space-3))` }}
    >
      <input
        ref={input}
        className={styles['input']}
        aria-label={label}
        aria-invalid={touched && problem !== undefined}
        aria-describedby={touched && problem ? id : undefined}
        value={text}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          setTouched(true);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Escape') finish(undefined);
          else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
            setTouched(true);
            if (!problem) finish(name);
          }
        }}
        onBlur={() => finish(problem ? undefined : name)}
      />
      {touched && problem && (
        <p id={id} className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
