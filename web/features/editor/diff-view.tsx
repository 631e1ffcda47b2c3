import { useEffect, useRef } from 'react';
import { monaco } from './monaco.ts';
import styles from './editor.module.css';

/** Two texts beside each other. */
export function DiffView({
  original,
  modified,
  language,
  originalLabel,
  modifiedLabel,
}: {
  readonly original: string;
  /** a model can be edited here; a text cannot */
  readonly modified: monaco.editor.ITextModel | string;
  readonly language: string;
  readonly originalLabel: string;
  readonly modifiedLabel: string;
}) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return undefined;
    const left = monaco.editor.createModel(original, language);
    const isText = typeof modified === 'string';
    const right = isText ? monaco.editor.createModel(modified, language) : modified;
    const editor = monaco.editor.createDiffEditor(host.current, {
      automaticLayout: true,
      originalAriaLabel: originalLabel,
      modifiedAriaLabel: modifiedLabel,
      minimap: { enabled: false },
      readOnly: isText,
      renderSideBySide: host.current.clientWidth > 640,
      scrollBeyondLastLine: false,
    });
    editor.setModel({ original: left, modified: right });
    return () => {
      editor.dispose();
      left.dispose();
      if (isText) right.dispose();
    };
  }, [original, modified, language, originalLabel, modifiedLabel]);
  return <div ref={host} className={styles['diff']} />;
}
