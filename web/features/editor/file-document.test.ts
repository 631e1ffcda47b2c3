import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileInfo } from '../../../engine/api/agent.ts';
import type { LabFiles } from '../../../engine/api/lab.ts';
import type { Drafts } from './drafts.ts';
import { FileDocument, type TextBuffer } from './file-document.ts';

const path = '/root/work/Dockerfile';

class Buffer implements TextBuffer {
  value = '';
  readonly listeners = new Set<() => void>();
  text() {
    return this.value;
  }
  replace(text: string) {
    this.value = text;
    for (const listener of this.listeners) listener();
  }
  /** as the learner types */
  type(text: string) {
    this.replace(this.value + text);
  }
  onChange(listener: () => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  dispose() {}
}

/** One file of a machine. */
class Machine implements Pick<LabFiles, 'stat' | 'read' | 'write'> {
  content: Uint8Array | undefined;
  mtime = 1;
  writes = 0;
  failure: Error | undefined;

  put(text: string | undefined) {
    this.content = text === undefined ? undefined : new TextEncoder().encode(text);
    this.mtime += 1;
  }
  get text() {
    return this.content && new TextDecoder().decode(this.content);
  }
  async stat(): Promise<FileInfo> {
    if (!this.content) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return {
      name: 'Dockerfile',
      kind: 'file',
      size: this.content.length,
      mode: 0,
      uid: 0,
      gid: 0,
      mtime: this.mtime,
    };
  }
  async read() {
    await this.stat();
    return this.content ?? new Uint8Array();
  }
  async write(_path: string, content: Uint8Array) {
    if (this.failure) throw this.failure;
    this.writes += 1;
    this.content = content;
    this.mtime += 1;
  }
}

class MemoryDrafts implements Drafts {
  readonly kept = new Map<string, string>();
  text = async (of: string) => this.kept.get(of);
  keep = async (of: string, text: string) => void this.kept.set(of, text);
  drop = async (of: string) => void this.kept.delete(of);
  paths = async () => [...this.kept.keys()];
}

let machine: Machine;
let buffer: Buffer;
let drafts: MemoryDrafts;
let document: FileDocument;

function open(): FileDocument {
  buffer = new Buffer();
  document = new FileDocument(path, buffer, machine as unknown as LabFiles, drafts);
  return document;
}

beforeEach(() => {
  vi.useFakeTimers();
  machine = new Machine();
  machine.put('FROM nginx\n');
  drafts = new MemoryDrafts();
});
afterEach(() => void vi.useRealTimers());

describe('typing', () => {
  beforeEach(() => open().load());

  test('is kept by the browser at once and saved shortly after', async () => {
    buffer.type('# a');
    expect(document.state().dirty).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(drafts.kept.get(path)).toBe('FROM nginx\n# a');
    expect(machine.writes).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(machine.text).toBe('FROM nginx\n# a');
    expect(document.state()).toMatchObject({ dirty: false, saving: false });
  });

  test('is saved at once when asked, and only once', async () => {
    buffer.type('# a');
    await document.save();
    await vi.advanceTimersByTimeAsync(2000);
    expect(machine.writes).toBe(1);
  });

  test('is not lost when saving fails', async () => {
    machine.failure = new Error('No space left on device');
    buffer.type('# a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(document.state()).toMatchObject({ dirty: true, saveProblem: 'No space left on device' });
    machine.failure = undefined;
    await document.save();
    expect(document.state()).toMatchObject({ dirty: false, saveProblem: '' });
  });

  test('is saved when the tab is closed', async () => {
    buffer.type('# a');
    await document.close();
    expect(machine.text).toBe('FROM nginx\n# a');
  });
});

describe('a change in the machine', () => {
  beforeEach(() => open().load());

  test('is shown when nothing is unsaved', async () => {
    machine.put('FROM busybox\n');
    await document.check();
    expect(buffer.value).toBe('FROM busybox\n');
    expect(document.state().dirty).toBe(false);
  });

  test('is asked about when something is, and never written over', async () => {
    buffer.type('# mine');
    machine.put('FROM busybox\n');
    await vi.advanceTimersByTimeAsync(2000);
    expect(machine.text).toBe('FROM busybox\n');
    expect(document.state().conflict).toEqual({ theirs: 'FROM busybox\n', cause: 'changed' });
    await document.keepMine();
    expect(machine.text).toBe('FROM nginx\n# mine');
    expect(document.state()).toMatchObject({ conflict: undefined, dirty: false });
  });

  test('can be taken instead', async () => {
    buffer.type('# mine');
    machine.put('FROM busybox\n');
    await document.check();
    await document.takeTheirs();
    expect(buffer.value).toBe('FROM busybox\n');
    await vi.advanceTimersByTimeAsync(2000);
    expect(machine.text).toBe('FROM busybox\n');
    expect(drafts.kept.has(path)).toBe(false);
  });

  test('that is our own save is no change', async () => {
    buffer.type('# a');
    await document.save();
    await document.check();
    expect(document.state().conflict).toBeUndefined();
  });

  test('that only touches the file is none', async () => {
    buffer.type('# a');
    machine.put('FROM nginx\n');
    await document.check();
    expect(document.state()).toMatchObject({ conflict: undefined, dirty: true });
  });

  test('a deleted file can be written again', async () => {
    machine.put(undefined);
    await document.check();
    expect(document.state().status).toBe('missing');
    await document.keepMine();
    expect(machine.text).toBe('FROM nginx\n');
    expect(document.state().status).toBe('ready');
  });

  test('a file that comes back is shown', async () => {
    machine.put(undefined);
    await document.check();
    machine.put('again');
    await document.check();
    expect(document.state().status).toBe('ready');
    expect(buffer.value).toBe('again');
  });
});

describe('after a reload', () => {
  test('text the machine has lost is put back and saved', async () => {
    drafts.kept.set(path, 'FROM nginx\n# typed before\n');
    await open().load();
    expect(buffer.value).toBe('FROM nginx\n# typed before\n');
    expect(document.state()).toMatchObject({ restored: true, dirty: true });
    await vi.advanceTimersByTimeAsync(1000);
    expect(machine.text).toBe('FROM nginx\n# typed before\n');
  });

  test('this can be undone', async () => {
    drafts.kept.set(path, 'other');
    await open().load();
    await vi.advanceTimersByTimeAsync(1000);
    document.undoRestore();
    await vi.advanceTimersByTimeAsync(1000);
    expect(machine.text).toBe('FROM nginx\n');
  });

  test('a file that exists nowhere else comes back', async () => {
    machine.put(undefined);
    drafts.kept.set(path, 'made here');
    await open().load();
    await vi.advanceTimersByTimeAsync(1000);
    expect(machine.text).toBe('made here');
  });

  test('nothing happens when the machine kept it', async () => {
    drafts.kept.set(path, 'FROM nginx\n');
    await open().load();
    expect(document.state()).toMatchObject({ restored: false, dirty: false });
  });
});

test('a machine started anew asks which text counts', async () => {
  await open().load();
  buffer.type('# a');
  await document.save();
  const fresh = new Machine();
  fresh.put('FROM nginx\n');
  await document.moveTo(fresh as unknown as LabFiles);
  expect(document.state().conflict).toEqual({ theirs: 'FROM nginx\n', cause: 'reset' });
  await document.keepMine();
  expect(fresh.text).toBe('FROM nginx\n# a');
});

test('what is no text is refused', async () => {
  machine.content = new Uint8Array([1, 0, 2]);
  await open().load();
  expect(document.state()).toMatchObject({ status: 'refused', dirty: false });
});
