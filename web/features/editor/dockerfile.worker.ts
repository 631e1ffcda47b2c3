/**
 * The Dockerfile language service in a thread of its own: checking a file never delays typing, and the one Node
 * global it uses stays out of the page.
 */
import { expose } from 'comlink';
import type { DockerfileLanguageService } from 'dockerfile-language-service';
import type {
  CompletionItem,
  Diagnostic,
  Hover,
  Position,
  TextEdit,
} from 'vscode-languageserver-types';

/** What the page asks; positions count from zero. */
export interface DockerfileWorker {
  complete(text: string, position: Position): Promise<CompletionItem[]>;
  hover(text: string, position: Position): Promise<Hover | null>;
  check(text: string): Promise<Diagnostic[]>;
  format(text: string, tabSize: number, insertSpaces: boolean): Promise<TextEdit[]>;
}

// dockerfile-ast counts the bytes of a character with it.
Object.assign(globalThis, { Buffer: { from: (text: string) => new TextEncoder().encode(text) } });

async function start(): Promise<DockerfileLanguageService> {
  const { DockerfileLanguageServiceFactory } = await import('dockerfile-language-service');
  const service = DockerfileLanguageServiceFactory.createLanguageService();
  service.setCapabilities({
    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
    hover: { contentFormat: ['markdown'] },
  });
  return service;
}

const service = start();

const worker: DockerfileWorker = {
  async complete(text, position) {
    const made = await service;
    try {
      const items = await made.computeCompletionItems(text, position);
      return items.map((item) =>
        item.data === undefined ? item : made.resolveCompletionItem(item),
      );
    } catch {
      // For an image's tags the service asks Docker Hub itself, which it cannot reach: the page needs no network.
      return [];
    }
  },
  hover: async (text, position) => (await service).computeHover(text, position),
  check: async (text) => (await service).validate(text),
  format: async (text, tabSize, insertSpaces) =>
    (await service).format(text, { tabSize, insertSpaces }),
};

expose(worker);
