/** Completion, hover, diagnostics and formatting for Dockerfiles, from dockerfile-language-service. */
import { DockerfileLanguageServiceFactory, type DockerfileLanguageService } from 'dockerfile-language-service';
import {
  CompletionItemKind,
  DiagnosticSeverity,
  InsertTextFormat,
  MarkupKind,
  TextEdit,
  type CompletionItem,
  type Hover,
  type Position,
  type Range,
} from 'vscode-languageserver-types';
import { monaco } from './monaco.ts';

const owner = 'dockerfile';
/** milliseconds after the last key press until the file is checked */
const checkDelay = 250;

/** Starts the service for every Dockerfile that is or will be open; once for the page. */
export function startDockerfileService(): void {
  const service = DockerfileLanguageServiceFactory.createLanguageService();
  service.setCapabilities({
    completion: { completionItem: { snippetSupport: true, documentationFormat: [MarkupKind.Markdown] } },
    hover: { contentFormat: [MarkupKind.Markdown] },
  });
  monaco.languages.registerCompletionItemProvider('dockerfile', {
    triggerCharacters: ['=', ' ', '$', '-', '#'],
    provideCompletionItems: async (model, position) => ({
      suggestions: (await completions(service, model, position)).map((item) => suggestion(item, model, position)),
    }),
  });
  monaco.languages.registerHoverProvider('dockerfile', {
    provideHover: (model, position) => {
      const hover = service.computeHover(model.getValue(), toPosition(position));
      return hover && { contents: hoverText(hover), ...(hover.range ? { range: toRange(hover.range) } : {}) };
    },
  });
  monaco.languages.registerDocumentFormattingEditProvider('dockerfile', {
    provideDocumentFormattingEdits: (model, { tabSize, insertSpaces }) =>
      service
        .format(model.getValue(), { tabSize, insertSpaces })
        .filter((edit) => TextEdit.is(edit))
        .map(({ range, newText }) => ({ range: toRange(range), text: newText })),
  });
  for (const model of monaco.editor.getModels()) attend(service, model);
  monaco.editor.onDidCreateModel((model) => attend(service, model));
}

/** Checks a Dockerfile now and after each change. */
function attend(service: DockerfileLanguageService, model: monaco.editor.ITextModel): void {
  if (model.getLanguageId() !== 'dockerfile') return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = () => {
    if (model.isDisposed()) return;
    const markers = service.validate(model.getValue()).map(({ range, message, severity }) => ({
      ...toRange(range),
      message,
      severity: severity === DiagnosticSeverity.Error ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
    }));
    // An empty file is no mistake while it is being written.
    monaco.editor.setModelMarkers(model, owner, model.getValueLength() === 0 ? [] : markers);
  };
  const subscription = model.onDidChangeContent(() => {
    clearTimeout(timer);
    timer = setTimeout(check, checkDelay);
  });
  model.onWillDispose(() => {
    clearTimeout(timer);
    subscription.dispose();
  });
  check();
}

async function completions(
  service: DockerfileLanguageService,
  model: monaco.editor.ITextModel,
  position: monaco.Position,
): Promise<CompletionItem[]> {
  // For an image's tags the service would ask Docker Hub itself, which fails here: no network but the page's own.
  const items = await Promise.resolve()
    .then(() => service.computeCompletionItems(model.getValue(), toPosition(position)))
    .catch(() => []);
  return Promise.all(
    items.map(async (item) => (item.data === undefined || item.documentation !== undefined ? item : service.resolveCompletionItem(item))),
  );
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
      : new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, word.endColumn),
    ...(item.detail === undefined ? {} : { detail: item.detail }),
    ...(text === undefined ? {} : { documentation: { value: text } }),
    ...(item.sortText === undefined ? {} : { sortText: item.sortText }),
    ...(item.insertTextFormat === InsertTextFormat.Snippet
      ? { insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet }
      : {}),
  };
}

const kinds = new Map<CompletionItemKind | undefined, monaco.languages.CompletionItemKind>([
  [CompletionItemKind.Keyword, monaco.languages.CompletionItemKind.Keyword],
  [CompletionItemKind.Snippet, monaco.languages.CompletionItemKind.Snippet],
  [CompletionItemKind.Property, monaco.languages.CompletionItemKind.Property],
  [CompletionItemKind.Variable, monaco.languages.CompletionItemKind.Variable],
  [CompletionItemKind.EnumMember, monaco.languages.CompletionItemKind.EnumMember],
  [CompletionItemKind.Reference, monaco.languages.CompletionItemKind.Reference],
]);

function hoverText({ contents }: Hover): { value: string }[] {
  return [contents].flat().map((part) => ({ value: typeof part === 'string' ? part : part.value }));
}

function toPosition({ lineNumber, column }: monaco.Position): Position {
  return { line: lineNumber - 1, character: column - 1 };
}

function toRange({ start, end }: Range): monaco.Range {
  return new monaco.Range(start.line + 1, start.character + 1, end.line + 1, end.character + 1);
}
