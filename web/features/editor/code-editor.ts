import { monaco } from './monaco.ts';

/** What assistive technology calls an editor: its contents, and how to leave it. */
export const editorLabel = (contents: string): string =>
  `${contents}. Alt+F1 for accessibility help, Control+M to let Tab move the focus.`;

/** A code editor that fills `host`. @param contents names what is edited, for assistive technology */
export function createCodeEditor(
  host: HTMLElement,
  model: monaco.editor.ITextModel,
  contents: string,
): monaco.editor.IStandaloneCodeEditor {
  return monaco.editor.create(host, {
    model,
    ariaLabel: editorLabel(contents),
    automaticLayout: true,
    fontFamily: getComputedStyle(host).getPropertyValue('--font-mono'),
    fontSize: 13,
    glyphMargin: false,
    lineHeight: 20,
    minimap: { enabled: false },
    // The number of an empty last line is dimmed otherwise, below what one can read.
    renderFinalNewline: 'on',
    padding: { top: 8, bottom: 8 },
    scrollBeyondLastLine: false,
    smoothScrolling: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    renderLineHighlight: 'line',
    tabSize: 2,
    lineNumbersMinChars: 3,
    fixedOverflowWidgets: true,
    wordWrap: 'off',
  });
}
