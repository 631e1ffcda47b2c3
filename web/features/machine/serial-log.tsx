import { useEffect, useRef, useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { followSerial } from './follow-serial.ts';
import styles from './machine-panel.module.css';

/** Characters kept: a whole boot and a good deal more. */
const keptCharacters = 400_000;
/** Colours, cursor movements and carriage returns, which a plain text cannot show. */
// oxlint-disable-next-line no-control-regex
const controls = /\u001b\[[0-9;?]*[A-Za-z]|\u001b[()][A-Z0-9]|\u001b[c=>78]|\r/g;

/** Kernel messages and boot output from the beginning, followed while scrolled to the end. */
export function SerialLog({ machine }: { readonly machine: LabMachine }) {
  const [text, setText] = useState('');
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);

  useEffect(() => {
    setText('');
    return followSerial(machine, (more) =>
      setText((before) => (before + more.replace(controls, '')).slice(-keptCharacters)),
    );
  }, [machine]);

  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [text]);

  return (
    <pre
      ref={box}
      // A scrolling region must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Serial console"
      className={styles['log']}
      onScroll={({ currentTarget: element }) => {
        atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
      }}
    >
      {text || 'Nothing was written to the serial console yet.'}
    </pre>
  );
}
