/**
 * The tree of one directory of a machine: which directories are open, what they hold, what is shown. Live: a change
 * in the machine lists the directory again. A store for `useSyncExternalStore`; no DOM.
 */
import type { FileEvent, FileInfo, FileKind } from '../../../engine/api/agent.ts';
import type { LabFiles } from '../../../engine/api/lab.ts';
import { messageOf } from '../../ui/message-of.ts';
import { isInside, joinPath, parentPath } from './paths.ts';

export interface TreeRow {
  readonly path: string;
  readonly name: string;
  readonly kind: FileKind;
  /** a directory, or a link to one */
  readonly isDirectory: boolean;
  /** of a link */
  readonly target: string | undefined;
  readonly size: number;
  /** 1 for what lies in the root */
  readonly level: number;
  readonly expanded: boolean;
  /** its entries are on their way */
  readonly loading: boolean;
  /** counted from 1 among its siblings, and how many these are */
  readonly position: number;
  readonly siblings: number;
}

export interface TreeState {
  readonly rows: readonly TreeRow[];
  readonly selected: string | undefined;
  readonly status: 'loading' | 'ready' | 'failed';
  /** why the root could not be listed */
  readonly problem: string | undefined;
}

interface Directory {
  entries: readonly Entry[] | undefined;
  expanded: boolean;
}

interface Entry extends FileInfo {
  readonly isDirectory: boolean;
}

/** Runs `action` later; replaced in tests. */
export type Schedule = (action: () => void, ms: number) => void;

/** milliseconds between a change and listing its directory again: an `npm install` changes thousands */
const settleTime = 80;

export class TreeModel {
  readonly root: string;
  readonly #files: LabFiles;
  readonly #schedule: Schedule;
  readonly #directories = new Map<string, Directory>();
  readonly #stale = new Set<string>();
  /** directories whose entries are on their way because of a change */
  readonly #listing = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #selected: string | undefined;
  #problem: string | undefined;
  #state: TreeState;

  constructor(
    files: LabFiles,
    root: string,
    schedule: Schedule = (action, ms) => void setTimeout(action, ms),
  ) {
    this.root = root;
    this.#files = files;
    this.#schedule = schedule;
    this.#directories.set(root, { entries: undefined, expanded: true });
    this.#state = { rows: [], selected: undefined, status: 'loading', problem: undefined };
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  /** Lists the root and follows what changes below it. Returns a function that stops following. */
  start(): () => void {
    let stopped = false;
    let stop: (() => void) | undefined;
    const follow = async () => {
      await this.#files.makeDirectory(this.root).catch(() => {});
      const ended = await this.#files.watch(this.root, (event) => this.onEvent(event));
      if (stopped) ended();
      else stop = ended;
      // Listed after the watch began, so that nothing is missed in between.
      await this.refresh();
    };
    follow().catch((error: unknown) => {
      this.#problem = messageOf(error);
      this.#publish();
    });
    return () => {
      stopped = true;
      stop?.();
    };
  }

  onEvent({ kind, path }: FileEvent): void {
    if (kind === 'overflow') {
      for (const directory of this.#directories.keys()) this.#markStale(directory);
      return;
    }
    if (kind === 'removed') this.#forget(path);
    // A file's content shows only in its size, which is the last thing to hurry for.
    if (this.#directories.has(parentPath(path))) this.#markStale(parentPath(path));
  }

  /** Lists every open directory again. */
  async refresh(): Promise<void> {
    const open = [...this.#directories].filter(([, { entries, expanded }]) => expanded || entries);
    await Promise.all(open.map(([path]) => this.#list(path)));
  }

  select(path: string | undefined): void {
    this.#selected = path;
    this.#publish();
  }

  async expand(path: string): Promise<void> {
    const directory = this.#directories.get(path) ?? { entries: undefined, expanded: false };
    directory.expanded = true;
    this.#directories.set(path, directory);
    this.#publish();
    await this.#list(path);
  }

  collapse(path: string): void {
    const directory = this.#directories.get(path);
    if (!directory) return;
    directory.expanded = false;
    if (this.#selected !== undefined && this.#selected !== path && isInside(this.#selected, path))
      this.#selected = path;
    this.#publish();
  }

  /** Opens every directory above `path` and selects it. */
  async reveal(path: string): Promise<void> {
    const above: string[] = [];
    for (let at = parentPath(path); isInside(at, this.root); at = parentPath(at)) above.unshift(at);
    for (const directory of above) {
      // oxlint-disable-next-line no-await-in-loop -- each level is known only after the one above
      if (!this.#directories.get(directory)?.expanded) await this.expand(directory);
    }
    this.select(path);
  }

  row(path: string): TreeRow | undefined {
    return this.#state.rows.find((row) => row.path === path);
  }

  async #list(path: string): Promise<void> {
    this.#stale.delete(path);
    try {
      const entries = await Promise.all(
        (await this.#files.list(path)).map((entry) => this.#entry(path, entry)),
      );
      const directory = this.#directories.get(path);
      if (!directory) return;
      directory.entries = entries.toSorted(compareEntries);
      if (path === this.root) this.#problem = undefined;
    } catch (error) {
      if (path === this.root) this.#problem = messageOf(error);
      else this.#forget(path);
    }
    this.#publish();
  }

  /** A link counts as a directory when it leads to one. */
  async #entry(parent: string, info: FileInfo): Promise<Entry> {
    if (info.kind !== 'symlink') return { ...info, isDirectory: info.kind === 'directory' };
    // The slash at the end makes the machine follow the link.
    const followed = await this.#files
      .stat(`${joinPath(parent, info.name)}/`)
      .catch(() => undefined);
    return { ...info, isDirectory: followed?.kind === 'directory' };
  }

  #markStale(path: string): void {
    if (this.#stale.has(path)) return;
    this.#stale.add(path);
    this.#listSoon(path);
  }

  /** One listing of a directory at a time: they take longer than changes do to come, and the last must win. */
  #listSoon(path: string): void {
    this.#schedule(() => {
      if (!this.#stale.has(path)) return;
      if (this.#listing.has(path)) {
        this.#listSoon(path);
        return;
      }
      this.#listing.add(path);
      void this.#list(path).finally(() => this.#listing.delete(path));
    }, settleTime);
  }

  #forget(path: string): void {
    for (const known of this.#directories.keys()) {
      if (known !== this.root && isInside(known, path)) this.#directories.delete(known);
    }
  }

  #publish(): void {
    const rows: TreeRow[] = [];
    this.#addRows(this.root, 1, rows);
    const rootListed = this.#directories.get(this.root)?.entries !== undefined;
    if (
      this.#selected !== undefined &&
      rootListed &&
      !rows.some(({ path }) => path === this.#selected)
    ) {
      this.#selected = undefined;
    }
    this.#state = {
      rows,
      selected: this.#selected,
      status: this.#problem !== undefined ? 'failed' : rootListed ? 'ready' : 'loading',
      problem: this.#problem,
    };
    for (const listener of this.#listeners) listener();
  }

  #addRows(path: string, level: number, rows: TreeRow[]): void {
    const entries = this.#directories.get(path)?.entries ?? [];
    entries.forEach((entry, index) => {
      const child = joinPath(path, entry.name);
      const directory = entry.isDirectory ? this.#directories.get(child) : undefined;
      const expanded = directory?.expanded ?? false;
      rows.push({
        path: child,
        name: entry.name,
        kind: entry.kind,
        isDirectory: entry.isDirectory,
        target: entry.target,
        size: entry.size,
        level,
        expanded,
        loading: expanded && directory?.entries === undefined,
        position: index + 1,
        siblings: entries.length,
      });
      if (expanded) this.#addRows(child, level + 1, rows);
    });
  }
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Directories first, then by name as people count. */
function compareEntries(a: Entry, b: Entry): number {
  if (a.isDirectory !== b.isDirectory) return a.isDirectory ? -1 : 1;
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
