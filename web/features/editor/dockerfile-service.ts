/** Completion, hover, diagnostics and formatting for Dockerfiles, from dockerfile-language-service in a worker. */
import { wrap, type Remote } from 'comlink';
import type {
  CompletionItem,
  CompletionItemKind,
  Hover,
  Position,
  Range,
} from 'vscode-languageserver-types';
import type { DockerfileWorker } from './dockerfile.worker.ts';
import { monaco } from './monaco.ts';

const owner = 'dockerfile';
/** milliseconds after the last key press until the file is checked */
const checkDelay = 250;
/** `DiagnosticSeverity.Error` and `InsertTextFormat.Snippet` of the language server protocol */
const protocol = { error: 1, snippet: 2 };

let service: Remote<DockerfileWorker> | undefined;

/** The worker, started when the first Dockerfile is opened. */
function worker(): Remote<DockerfileWorker> {
  return (service ??= wrap<DockerfileWorker>(
    new Worker(new URL('./dockerfile.worker.ts', import.meta.url), {
      type: 'module',
      name: 'dockerfile',
    }),
  ));
}

/** Serves every Dockerfile that is or will be open; once for the page. */
export function startDockerfileService(): void {
  monaco.languages.registerCompletionItemProvider('dockerfile', {
    triggerCharacters: ['=', ' ', '$', '-', '#'],
    provideCompletionItems: async (model, position) => ({
      suggestions: (await worker().complete(model.getValue(), toPosition(position))).map((item) =>
        suggestion(item, model, position),
      ),
    }),
  });
  monaco.languages.registerHoverProvider('dockerfile', {
    provideHover: async (model, position) => {
      const hover = await worker().hover(model.getValue(), toPosition(position));
      return (
        hover && {
          contents: hoverText(hover),
          ...(hover.range ? { range: toRange(hover.range) } : {}),
        }
      );
    },
  });
  monaco.languages.registerDocumentFormattingEditProvider('dockerfile', {
    provideDocumentFormattingEdits: async (model, { tabSize, insertSpaces }) =>
      (await worker().format(model.getValue(), tabSize, insertSpaces)).map(
        ({ range, newText }) => ({
          range: toRange(range),
          text: newText,
        }),
      ),
  });
  for (const model of monaco.editor.getModels()) attend(model);
  monaco.editor.onDidCreateModel(attend);
}

/** Checks a Dockerfile now and after each change. */
function attend(model: monaco.editor.ITextModel): void {
  if (model.getLanguageId() !== 'dockerfile') return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = async () => {
    const version = model.getVersionId();
    // An empty file is no mistake while it is being written.
    const found = model.getValueLength() === 0 ? [] : await worker().check(model.getValue());
    if (model.isDisposed() || model.getVersionId() !== version) return;
    const markers = found.map(({ range, message, severity }) => ({
      ...toRange(range),
      message: typeof message === 'string' ? message : message.value,
      severity:
        severity === protocol.error ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
    }));
    monaco.editor.setModelMarkers(model, owner, markers);
  };
  const subscription = model.onDidChangeContent(() => {
    clearTimeout(timer);
    timer = setTimeout(() => void check(), checkDelay);
  });
  model.onWillDispose(() => {
    clearTimeout(timer);
    subscription.dispose();
  });
  void check();
}

function suggestion(
  item: CompletionItem,
  model: monaco.editor.ITextModel,
  position: monaco.Position,
): monaco.languages.CompletionItem {
  const edit = item.textEdit && 'range' in item.textEdit ? item.textEdit : undefined;
  const word = model.getWordUntilPosition(position);
  const { documentation } = item;
  const text = typeof documentation === 'string' ? documentation : documentation?.value;
  return {
    label: item.label,
    kind: kinds.get(item.kind) ?? monaco.languages.CompletionItemKind.Text,
    insertText: edit?.newText ?? item.insertText ?? item.label,
    range: edit
      ? toRange(edit.range)
      : new monaco.Range(
          position.lineNumber,
          word.startColumn,
          position.lineNumber,
          word.endColumn,
        ),
    ...(item.detail === undefined ? {} : { detail: item.detail }),
    ...(text === undefined ? {} : { documentation: { value: text } }),
    ...(item.sortText === undefined ? {} : { sortText: item.sortText }),
    ...(item.insertTextFormat === protocol.snippet
      ? { insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet }
      : {}),
  };
}

/** The kinds the service uses, as the language server protocol numbers them. */
const kinds = new Map<CompletionItemKind | undefined, monaco.languages.CompletionItemKind>([
  [6, monaco.languages.CompletionItemKind.Variable],
  [10, monaco.languages.CompletionItemKind.Property],
  [14, monaco.languages.CompletionItemKind.Keyword],
  [15, monaco.languages.CompletionItemKind.Snippet],
  [18, monaco.languages.CompletionItemKind.Reference],
  [20, monaco.languages.CompletionItemKind.EnumMember],
]);

function hoverText({ contents }: Hover): { value: string }[] {
  return [contents].flat().map((part) => ({ value: typeof part === 'string' ? part : part.value }));
}

function toPosition({ lineNumber, column }: monaco.Position): Position {
  return { line: lineNumber - 1, character: column - 1 };
}

/** A plain object: markers are built by spreading it. */
function toRange({ start, end }: Range): monaco.IRange {
  return {
    startLineNumber: start.line + 1,
    startColumn: start.character + 1,
    endLineNumber: end.line + 1,
    endColumn: end.character + 1,
  };
}
