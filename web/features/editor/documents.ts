/** The open files of one machine, kept in step with it. They outlast the editor's panel and a reset of the machine. */
import type { FileEvent } from '../../../engine/api/agent.ts';
import type { LabFiles, LabMachine } from '../../../engine/api/lab.ts';
import { isInside, workDirectory } from '../files/paths.ts';
import { draftsOf, type Drafts } from './drafts.ts';
import { FileDocument, type TextBuffer } from './file-document.ts';
import type { OpenFiles } from './open-files.ts';

/** milliseconds between a change in the machine and looking at it: programs replace files in several steps */
const settleTime = 60;

export class Documents {
  readonly #open: OpenFiles;
  readonly #drafts: Drafts;
  readonly #makeBuffer: (path: string) => TextBuffer;
  readonly #documents = new Map<string, FileDocument>();
  readonly #checks = new Map<FileDocument, ReturnType<typeof setTimeout>>();
  #files: LabFiles | undefined;

  constructor(machine: string, open: OpenFiles, makeBuffer: (path: string) => TextBuffer) {
    this.#open = open;
    this.#drafts = draftsOf(machine);
    this.#makeBuffer = makeBuffer;
    open.subscribe(() => this.#follow());
  }

  /** The document of an open file; undefined until a machine is there. */
  get(path: string): FileDocument | undefined {
    return this.#documents.get(path);
  }

  /** Uses this machine's files from now on. Resolves when they are watched. */
  async attach(machine: Pick<LabMachine, 'files'>): Promise<() => void> {
    const { files } = machine;
    if (this.#files === files) return () => {};
    const first = this.#files === undefined;
    this.#files = files;
    if (first) await this.#openDrafts(files);
    else await Promise.all([...this.#documents.values()].map((document) => document.moveTo(files)));
    this.#follow();
    if (first) void this.#closeMissing();
    return files.watch(workDirectory, (event) => this.#onEvent(event));
  }

  /** Everything that is unsaved goes into the browser's storage now. */
  keepDrafts(): void {
    for (const document of this.#documents.values()) void document.keepDraft();
  }

  /** Files edited before a reload that the machine has lost are opened, which puts them back. */
  async #openDrafts(files: LabFiles): Promise<void> {
    const paths = await this.#drafts.paths();
    await Promise.all(
      paths.map(async (path) => {
        const [draft, bytes] = await Promise.all([
          this.#drafts.text(path),
          files.read(path).catch(() => undefined),
        ]);
        if (draft === undefined) return;
        if (!bytes || new TextDecoder().decode(bytes) !== draft) this.#open.add(path);
      }),
    );
  }

  /** Tabs from before a reload whose files are nowhere any more. */
  async #closeMissing(): Promise<void> {
    const documents = [...this.#documents.values()];
    await Promise.all(documents.map((document) => document.check()));
    for (const document of documents) {
      if (document.state().status === 'missing') this.#open.close(document.path);
    }
  }

  /** Makes documents for tabs that appeared, and lets go of those that went. */
  #follow(): void {
    const files = this.#files;
    if (!files) return;
    const { paths } = this.#open.state();
    for (const path of paths) {
      if (this.#documents.has(path)) continue;
      const document = new FileDocument(path, this.#makeBuffer(path), files, this.#drafts);
      this.#documents.set(path, document);
      void document.load();
    }
    for (const [path, document] of this.#documents) {
      if (paths.includes(path)) continue;
      this.#documents.delete(path);
      void document.close();
    }
  }

  #onEvent({ kind, path }: FileEvent): void {
    for (const document of this.#documents.values()) {
      if (kind !== 'overflow' && !isInside(document.path, path)) continue;
      clearTimeout(this.#checks.get(document));
      this.#checks.set(
        document,
        setTimeout(() => {
          this.#checks.delete(document);
          void document.check();
        }, settleTime),
      );
    }
  }
}
