/**
 * One open file: its text in the editor, what the machine has, and how the two come together. Saves shortly after
 * typing. A change in the machine is taken over while nothing is unsaved, and otherwise asked about. No Monaco
 * here: the text lives in a `TextBuffer`. A store for `useSyncExternalStore`.
 */
import type { LabFiles } from '../../../engine/api/lab.ts';
import { messageOf } from '../../ui/message-of.ts';
import type { Drafts } from './drafts.ts';
import { readText, sameLines, sizeLimit, tooLarge, writeText } from './text-file.ts';

export interface TextBuffer {
  text(): string;
  /** As one undoable edit, so that the cursor stays where it can. */
  replace(text: string): void;
  onChange(listener: () => void): () => void;
  dispose(): void;
}

export interface DocumentState {
  readonly status: 'loading' | 'ready' | 'refused' | 'missing' | 'failed';
  /** why it is refused or failed */
  readonly reason: string;
  readonly dirty: boolean;
  readonly saving: boolean;
  /** why the last save did not work */
  readonly saveProblem: string;
  /** what the machine has while the text here is different and unsaved */
  readonly conflict: { readonly theirs: string; readonly cause: 'changed' | 'reset' } | undefined;
  /** text from before a reload was put back */
  readonly restored: boolean;
}

/** milliseconds after the last key press */
const delays = { draft: 150, save: 700 };

export class FileDocument {
  readonly path: string;
  readonly buffer: TextBuffer;
  readonly #drafts: Drafts;
  readonly #listeners = new Set<() => void>();
  readonly #stopBuffer: () => void;
  #files: LabFiles;
  #state: DocumentState = {
    status: 'loading',
    reason: '',
    dirty: false,
    saving: false,
    saveProblem: '',
    conflict: undefined,
    restored: false,
  };
  /** what the machine has, as far as known */
  #saved = '';
  #mtime = -1;
  /** whether the machine had the file when last looked at; a restored one may be there only after its first save */
  #present = false;
  #byteOrderMark = false;
  #beforeRestore = '';
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  /** reads and writes one after the other */
  #turn: Promise<unknown> = Promise.resolve();
  #replacing = false;
  #closed = false;

  constructor(path: string, buffer: TextBuffer, files: LabFiles, drafts: Drafts) {
    this.path = path;
    this.buffer = buffer;
    this.#files = files;
    this.#drafts = drafts;
    this.#stopBuffer = buffer.onChange(() => this.#onEdit());
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  /** Reads the file. Text typed before a reload that the machine does not have is put back. */
  load(): Promise<void> {
    return this.#queue(async () => {
      const draft = await this.#drafts.text(this.path);
      const found = await this.#read();
      if (found === 'missing' && draft === undefined) return this.#set({ status: 'missing' });
      if (found === 'unusable') return;
      const theirs = found === 'missing' ? '' : found;
      this.#take(theirs);
      const lost = draft !== undefined && (found === 'missing' || !sameLines(draft, theirs));
      this.#beforeRestore = this.#saved;
      if (lost) this.#replace(draft);
      this.#set({ status: 'ready', reason: '', restored: lost, dirty: lost, conflict: undefined });
      if (lost) this.#scheduleSave();
    });
  }

  /** The file may have changed in the machine. */
  check(): Promise<void> {
    return this.#queue(() => this.#sync('changed'));
  }

  /** The machine was started anew: its file is as it was in the beginning. */
  moveTo(files: LabFiles): Promise<void> {
    this.#files = files;
    this.#mtime = -1;
    return this.#queue(() => this.#sync('reset'));
  }

  /** Writes the text into the machine now. */
  async save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    await this.#queue(async () => {
      if (this.#state.status !== 'ready' && this.#state.status !== 'missing') return;
      // A change in the machine that has not been noticed yet must not be written over.
      if (this.#state.status === 'ready') await this.#sync('changed');
      if (this.#state.conflict || this.#state.status !== 'ready' || !this.#state.dirty) return;
      await this.#write();
    });
  }

  /** Settles a conflict or a deletion: the text here is written into the machine. */
  keepMine(): Promise<void> {
    return this.#queue(async () => {
      this.#set({ conflict: undefined, status: 'ready', dirty: true });
      await this.#write();
    });
  }

  /** Settles a conflict: the machine's text is shown. */
  async takeTheirs(): Promise<void> {
    const { conflict } = this.#state;
    clearTimeout(this.#saveTimer);
    if (conflict) {
      this.#take(conflict.theirs);
      this.#set({ conflict: undefined, dirty: false, restored: false });
      await this.#drafts.drop(this.path);
    }
  }

  /** Puts the machine's text in place of the restored one; saved like any edit. */
  undoRestore(): void {
    this.#set({ restored: false });
    this.buffer.replace(this.#beforeRestore);
  }

  /** The learner has read that text was restored. */
  acceptRestored(): void {
    this.#set({ restored: false });
  }

  /** Keeps what was typed, at once. */
  async keepDraft(): Promise<void> {
    clearTimeout(this.#draftTimer);
    if (this.#state.dirty) await this.#drafts.keep(this.path, this.buffer.text());
  }

  /** Saves what is unsaved and lets go of the text. */
  async close(): Promise<void> {
    if (this.#state.dirty && !this.#state.conflict) await this.save();
    this.#closed = true;
    clearTimeout(this.#draftTimer);
    clearTimeout(this.#saveTimer);
    this.#stopBuffer();
    this.buffer.dispose();
  }

  #onEdit(): void {
    if (this.#replacing || this.#closed) return;
    const dirty = this.buffer.text() !== this.#saved;
    if (dirty !== this.#state.dirty) this.#set({ dirty });
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => void this.keepDraft(), delays.draft);
    if (!this.#state.conflict && this.#state.status === 'ready') this.#scheduleSave();
  }

  #scheduleSave(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => void this.save(), delays.save);
  }

  /** Compares with the machine and takes over what can be taken over. */
  async #sync(cause: 'changed' | 'reset'): Promise<void> {
    const before = this.#mtime;
    const info = await this.#files.stat(this.path).catch((error: unknown) => problem(error));
    if (info === 'missing') {
      if (!this.#present && this.#state.status === 'ready') return;
      this.#present = false;
      if (cause === 'reset' && this.#state.status === 'ready') {
        this.#set({ conflict: { theirs: '', cause } });
      } else {
        this.#set({ status: 'missing', conflict: undefined });
        await this.#drafts.drop(this.path);
      }
      return;
    }
    if (typeof info === 'string' || (info.mtime === before && this.#state.status === 'ready'))
      return;
    const theirs = await this.#read();
    if (theirs === 'missing' || theirs === 'unusable') return;
    const mine = this.buffer.text();
    const changed = !sameLines(theirs, this.#saved);
    if (this.#state.status !== 'ready' || (changed && !this.#state.dirty && cause === 'changed')) {
      this.#take(theirs);
      this.#set({ status: 'ready', reason: '', dirty: false });
      // Somebody else's text now: a reload should not bring back the one before.
      if ((await this.#drafts.text(this.path)) !== undefined)
        await this.#drafts.keep(this.path, theirs);
    } else if (sameLines(theirs, mine)) {
      this.#saved = mine;
      this.#set({ dirty: false, conflict: undefined });
    } else if (changed || cause === 'reset') {
      clearTimeout(this.#saveTimer);
      this.#set({ conflict: { theirs, cause } });
    }
  }

  async #read(): Promise<string | 'missing' | 'unusable'> {
    try {
      const info = await this.#files.stat(this.path);
      if (info.size > sizeLimit) return this.#refuse(tooLarge(info.size).reason);
      if (info.kind !== 'file' && info.kind !== 'symlink')
        return this.#refuse(`This is a ${info.kind}, not a file.`);
      const file = readText(await this.#files.read(this.path));
      if (file.kind === 'refused') return this.#refuse(file.reason);
      this.#mtime = info.mtime;
      this.#present = true;
      this.#byteOrderMark = file.byteOrderMark;
      return file.text;
    } catch (error) {
      const reason = problem(error);
      if (reason === 'missing') return reason;
      this.#set({ status: 'failed', reason });
      return 'unusable';
    }
  }

  #refuse(reason: string): 'unusable' {
    this.#set({ status: 'refused', reason });
    return 'unusable';
  }

  async #write(): Promise<void> {
    const text = this.buffer.text();
    this.#set({ saving: true });
    try {
      await this.#files.write(this.path, writeText(text, this.#byteOrderMark));
      this.#saved = text;
      this.#mtime = (await this.#files.stat(this.path)).mtime;
      this.#present = true;
      this.#set({ saving: false, saveProblem: '', dirty: this.buffer.text() !== text });
      await this.#drafts.keep(this.path, text);
    } catch (error) {
      this.#set({ saving: false, saveProblem: problem(error) });
    }
  }

  /** The machine's text becomes the one that is edited. */
  #take(text: string): void {
    this.#replace(text);
    this.#saved = this.buffer.text();
  }

  #replace(text: string): void {
    this.#replacing = true;
    if (this.buffer.text() !== text) this.buffer.replace(text);
    this.#replacing = false;
  }

  #queue<T>(action: () => Promise<T>): Promise<T | undefined> {
    const next = this.#turn.then(() => (this.#closed ? undefined : action()));
    this.#turn = next.catch(() => {});
    return next;
  }

  #set(change: Partial<DocumentState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function problem(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
    return 'missing';
  return messageOf(error);
}
