import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import { Dialog } from '../../ui/dialog.tsx';
import { readCourse, readGlossary } from '../lesson/course.ts';
import { findCommands, type Command } from './find-commands.ts';
import styles from './palette.module.css';

export interface PaletteProps {
  /** beside lessons, their steps and terms, which it knows itself */
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}

/** Everything that can be done or opened, to be found by typing. */
export function Palette({ commands, onClose }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const course = useCourseCommands();
  const found = useMemo(
    () => findCommands([...commands, ...course], query),
    [commands, course, query],
  );
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen, found]);

  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    // First the dialog gives the focus back, then the command may move it.
    flushSync(onClose);
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = found.length - 1;
    const next = {
      ArrowDown: chosen >= last ? 0 : chosen + 1,
      ArrowUp: chosen <= 0 ? last : chosen - 1,
      PageDown: Math.min(last, chosen + 8),
      PageUp: Math.max(0, chosen - 8),
    }[event.key];
    if (next !== undefined) setChosen(next);
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(found[chosen]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title="Commands" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Command, lesson, step, machine or term"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder="Lesson, step, machine, action or term"
        className={styles['input']}
        value={query}
        onChange={({ target }) => {
          setQuery(target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <p role="status" className={found.length === 0 ? styles['none'] : 'visually-hidden'}>
        {found.length === 0 ? 'Nothing of that name. Try another word.' : `${found.length} found`}
      </p>
      <div ref={list} id={id} role="listbox" aria-label="Commands" className={styles['list']}>
        {found.map((command, index) => (
          // The combobox has the focus and the keys; this is for the mouse.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={`${command.group} ${command.label} ${command.also ?? ''}`}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={styles['option']}
            onClick={() => run(command)}
          >
            <span className={styles['label']}>
              {command.label}
              {command.group === 'Step' && <span className={styles['of']}> · {command.also}</span>}
            </span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
            <span className={styles['group']}>{command.group}</span>
          </div>
        ))}
      </div>
    </Dialog>
  );
}

/** Ways to all lessons, their steps, and terms. */
function useCourseCommands(): readonly Command[] {
  const [commands, setCommands] = useState<readonly Command[]>([]);
  useEffect(() => {
    void Promise.all([readCourse(), readGlossary()]).then(([modules, glossary]) => {
      const lessons = modules.flatMap((module) => module.lessons);
      const goTo = (hash: string) => () => void (location.hash = hash);
      setCommands([
        ...lessons.map(({ id, title, summary }) => ({
          label: title,
          group: 'Lesson',
          also: summary,
          run: goTo(`#/lesson/${id}`),
        })),
        ...lessons.flatMap(({ id, title, steps }) =>
          steps.map((step) => ({
            label: step.title,
            group: 'Step',
            also: title,
            run: goTo(`#/lesson/${id}/${step.id}`),
          })),
        ),
        ...[...glossary.values()].map(({ id, name }) => ({
          label: name,
          group: 'Term',
          run: goTo(`#/glossary/${id}`),
        })),
      ]);
    });
  }, []);
  return commands;
}
