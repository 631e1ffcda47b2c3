/** Monaco with what this editor needs, in one lazy chunk. Import it only with `import()`. */
import * as monaco from 'monaco-editor/editor';
import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/css/register';
import 'monaco-editor/languages/definitions/dockerfile/register';
import 'monaco-editor/languages/definitions/go/register';
import 'monaco-editor/languages/definitions/html/register';
import 'monaco-editor/languages/definitions/ini/register';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/markdown/register';
import 'monaco-editor/languages/definitions/python/register';
import 'monaco-editor/languages/definitions/shell/register';
import 'monaco-editor/languages/definitions/yaml/register';
import 'monaco-editor/languages/features/json/register';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import JsonWorker from 'monaco-editor/languages/features/json/json.worker?worker';
import { resolveColor, type Theme } from '../../ui/theme.ts';
import type { TextBuffer } from './file-document.ts';
import { languageOf } from './languages.ts';

self.MonacoEnvironment = {
  getWorker: (_id, label) => (label === 'json' ? new JsonWorker() : new EditorWorker()),
};

export { monaco };

export interface MonacoBuffer extends TextBuffer {
  readonly model: monaco.editor.ITextModel;
}

/** A buffer in a Monaco model of the file's language. */
export function makeBuffer(path: string): MonacoBuffer {
  const uri = monaco.Uri.file(path);
  const model = monaco.editor.getModel(uri) ?? monaco.editor.createModel('', languageOf(path), uri);
  return {
    model,
    text: () => model.getValue(),
    replace(text) {
      model.pushStackElement();
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
      // An edit keeps the model's line endings; a file's own are wanted.
      const ending = dominantLineEnding(text);
      if (ending !== undefined && ending !== model.getEndOfLineSequence()) model.setEOL(ending);
      model.pushStackElement();
    },
    onChange(listener) {
      const subscription = model.onDidChangeContent(listener);
      return () => subscription.dispose();
    },
    dispose: () => model.dispose(),
  };
}

function dominantLineEnding(text: string): monaco.editor.EndOfLineSequence | undefined {
  const all = text.split('\n').length - 1;
  if (all === 0) return undefined;
  const windows = text.split('\r\n').length - 1;
  return windows * 2 > all
    ? monaco.editor.EndOfLineSequence.CRLF
    : monaco.editor.EndOfLineSequence.LF;
}

/** Takes the editor's colours from the design tokens of the theme shown now. */
export function applyTheme(theme: Theme): void {
  const plain = (token: Parameters<typeof resolveColor>[0]) => resolveColor(token);
  const rule = (token: string, color: Parameters<typeof resolveColor>[0], fontStyle = '') => ({
    token,
    foreground: plain(color).slice(1),
    fontStyle,
  });
  monaco.editor.defineTheme('drydock', {
    base: theme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      rule('comment', '--color-muted', 'italic'),
      rule('keyword', '--color-accent-text', 'bold'),
      rule('string', '--color-ok'),
      rule('number', '--color-warn'),
      rule('tag', '--color-accent-text'),
      rule('attribute.name', '--color-warn'),
      rule('attribute.value', '--color-ok'),
      // Such as a doctype: what Monaco has for it is too pale.
      rule('metatag', '--color-accent-text'),
      rule('metatag.html', '--color-muted'),
      rule('metatag.xml', '--color-muted'),
      rule('metatag.content.html', '--color-warn'),
      rule('type', '--color-accent-text'),
      rule('variable', '--color-warn'),
      rule('string.key.json', '--color-accent-text'),
    ],
    colors: {
      'editor.background': plain('--color-surface'),
      'editor.foreground': plain('--color-text'),
      'editorLineNumber.foreground': plain('--color-muted'),
      'editorLineNumber.activeForeground': plain('--color-text'),
      'editorCursor.foreground': plain('--color-accent'),
      'editor.selectionBackground': plain('--color-accent-soft'),
      'editor.lineHighlightBackground': plain('--color-sunken'),
      'editor.lineHighlightBorder': plain('--color-sunken'),
      'editorWidget.background': plain('--color-raised'),
      'editorWidget.border': plain('--color-border'),
      'editorSuggestWidget.selectedBackground': plain('--color-accent-soft'),
      'editorSuggestWidget.selectedForeground': plain('--color-text'),
      'editorError.foreground': plain('--color-danger'),
      'editorWarning.foreground': plain('--color-warn'),
      'editorIndentGuide.background1': plain('--color-border'),
      focusBorder: plain('--color-focus'),
    },
  });
  monaco.editor.setTheme('drydock');
}
