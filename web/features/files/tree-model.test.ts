import { beforeEach, describe, expect, test } from 'vitest';
import type { FileEvent, FileInfo, FileKind } from '../../../engine/api/agent.ts';
import type { LabFiles } from '../../../engine/api/lab.ts';
import { baseName, parentPath } from './paths.ts';
import { TreeModel } from './tree-model.ts';

const root = '/root/work';

/** Files in memory: path → kind, or `→ target` for a link. */
class MemoryFiles implements Pick<LabFiles, 'list' | 'stat' | 'watch' | 'makeDirectory'> {
  readonly entries = new Map<string, string>([[root, 'directory']]);
  lists = 0;
  /** what each answer waits for */
  delay: Promise<void> | undefined;
  emit: (event: FileEvent) => void = () => {};

  async list(path: string): Promise<FileInfo[]> {
    this.lists += 1;
    await this.delay;
    if (!this.entries.has(path))
      throw Object.assign(new Error('no such directory'), { code: 'ENOENT' });
    return [...this.entries.keys()]
      .filter((child) => child !== path && parentPath(child) === path)
      .map((child) => this.#info(child));
  }

  async stat(path: string): Promise<FileInfo> {
    const clean = path.replace(/\/$/, '');
    const target = this.entries.get(clean)?.replace('→ ', '');
    const followed = path.endsWith('/') && target?.startsWith('/') ? target : clean;
    if (!this.entries.has(followed))
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return this.#info(followed);
  }

  async makeDirectory(path: string): Promise<void> {
    this.entries.set(path, 'directory');
  }

  async watch(_path: string, onEvent: (event: FileEvent) => void): Promise<() => void> {
    this.emit = onEvent;
    return () => {
      this.emit = () => {};
    };
  }

  #info(path: string): FileInfo {
    const value = this.entries.get(path) ?? 'file';
    const base = { name: baseName(path), size: 1, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
    return value.startsWith('→ ')
      ? { ...base, kind: 'symlink', target: value.slice(2) }
      : { ...base, kind: value as FileKind };
  }
}

let files: MemoryFiles;
let model: TreeModel;
let scheduled: (() => void)[];

/** The tree as text: two spaces a level, `+` closed and `-` open directories. */
function drawing(): string[] {
  return model
    .state()
    .rows.map(
      (row) =>
        `${'  '.repeat(row.level - 1)}${row.isDirectory ? (row.expanded ? '-' : '+') : ''}${row.name}`,
    );
}

/** Runs what waits for the settle time, and lets its listing finish. */
async function settle(): Promise<void> {
  for (const action of scheduled.splice(0)) action();
  await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  files = new MemoryFiles();
  scheduled = [];
  for (const [path, kind] of [
    ['Dockerfile', 'file'],
    ['site', 'directory'],
    ['site/index.html', 'file'],
    ['site/css', 'directory'],
    ['f10', 'file'],
    ['f9', 'file'],
    ['link', `→ ${root}/site`],
    ['dangling', '→ /nowhere'],
  ])
    files.entries.set(`${root}/${path}`, kind ?? '');
  model = new TreeModel(files as unknown as LabFiles, root, (action) => scheduled.push(action));
  model.start();
  await expect.poll(() => model.state().status).toBe('ready');
});

describe('what is shown', () => {
  test('directories and links to them first, names as people count', () => {
    expect(drawing()).toEqual(['+link', '+site', 'dangling', 'Dockerfile', 'f9', 'f10']);
  });

  test('a directory is listed only when it is opened', async () => {
    const before = files.lists;
    await model.expand(`${root}/site`);
    expect(files.lists).toBe(before + 1);
    expect(drawing().slice(1, 4)).toEqual(['-site', '  +css', '  index.html']);
    expect(model.row(`${root}/site/css`)).toMatchObject({ level: 2, position: 1, siblings: 2 });
  });

  test('closing a directory selects it when the selection was inside', async () => {
    await model.reveal(`${root}/site/index.html`);
    expect(model.state().selected).toBe(`${root}/site/index.html`);
    model.collapse(`${root}/site`);
    expect(model.state().selected).toBe(`${root}/site`);
  });
});

describe('changes in the machine', () => {
  const event = (kind: FileEvent['kind'], path: string): FileEvent => ({
    kind,
    path,
    isDirectory: false,
  });

  test('many in one directory list it once', async () => {
    const before = files.lists;
    for (let index = 0; index < 1000; index += 1) {
      files.entries.set(`${root}/n${index}`, 'file');
      files.emit(event('created', `${root}/n${index}`));
    }
    await settle();
    expect(files.lists).toBe(before + 1);
    expect(model.state().rows).toHaveLength(1006);
  });

  test('during a listing wait for its end', async () => {
    const before = files.lists;
    let answer = (): void => {};
    files.delay = new Promise((resolve) => (answer = resolve));
    files.emit(event('created', `${root}/a`));
    await settle();
    files.entries.set(`${root}/late`, 'file');
    files.emit(event('created', `${root}/late`));
    await settle();
    expect(files.lists).toBe(before + 1);
    answer();
    await settle();
    await settle();
    expect(files.lists).toBe(before + 2);
    expect(drawing()).toContain('late');
  });

  test('in directories that were never opened, list nothing', async () => {
    const before = files.lists;
    files.emit(event('created', `${root}/site/css/a.css`));
    await settle();
    expect(files.lists).toBe(before);
  });

  test('a removed directory goes with what is in it, and the selection with it', async () => {
    await model.reveal(`${root}/site/index.html`);
    for (const path of files.entries.keys())
      if (path.startsWith(`${root}/site`)) files.entries.delete(path);
    files.emit(event('removed', `${root}/site`));
    await settle();
    expect(drawing()).not.toContain('-site');
    expect(model.state().selected).toBeUndefined();
  });

  test('after an overflow everything open is listed again', async () => {
    await model.expand(`${root}/site`);
    files.entries.set(`${root}/site/new`, 'file');
    files.entries.set(`${root}/top`, 'file');
    files.emit(event('overflow', root));
    await settle();
    expect(drawing()).toEqual(expect.arrayContaining(['  new', 'top']));
  });
});

test('a root that cannot be listed says why, and recovers', async () => {
  files.entries.delete(root);
  await model.refresh();
  expect(model.state()).toMatchObject({ status: 'failed', problem: 'no such directory' });
  files.entries.set(root, 'directory');
  await model.refresh();
  expect(model.state().status).toBe('ready');
});
