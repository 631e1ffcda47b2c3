/** Which files of a machine are open in the editor, and which one is shown. What the file tree and the editor share. */
import type { OpenFilesRecord } from '../../../engine/api/checkpoint.ts';
import { storageRefused } from '../../ui/storage-health.ts';
import { isInside } from '../files/paths.ts';

export interface OpenFilesState {
  readonly paths: readonly string[];
  readonly shown: string | undefined;
}

const storageKey = (machine: string) => `drydock.open-files.${machine}`;

export class OpenFiles {
  readonly #machine: string;
  readonly #listeners = new Set<() => void>();
  readonly #openListeners = new Set<(path: string) => void>();
  #state: OpenFilesState;

  constructor(machine: string) {
    this.#machine = machine;
    this.#state = restore(machine);
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  /** Shows `path`, in a new tab when it is not open yet. */
  open(path: string): void {
    const { paths } = this.#state;
    this.#set({ paths: paths.includes(path) ? paths : [...paths, path], shown: path });
    for (const listener of this.#openListeners) listener(path);
  }

  /** Calls `listener` when somebody asks for a file, also for one that is shown already. */
  onOpen(listener: (path: string) => void): () => void {
    this.#openListeners.add(listener);
    return () => this.#openListeners.delete(listener);
  }

  /** Opens without showing, unless nothing is shown. */
  add(path: string): void {
    const { paths, shown } = this.#state;
    if (!paths.includes(path)) this.#set({ paths: [...paths, path], shown: shown ?? path });
  }

  show(path: string): void {
    this.#set({ ...this.#state, shown: path });
  }

  close(path: string): void {
    const { paths, shown } = this.#state;
    const index = paths.indexOf(path);
    if (index < 0) return;
    const rest = paths.toSpliced(index, 1);
    this.#set({ paths: rest, shown: shown === path ? (rest[index] ?? rest.at(-1)) : shown });
  }

  /** Goes back to what was open once. */
  replace(state: OpenFilesState): void {
    this.#set(state);
  }

  /** A file or directory has a new name. */
  move(from: string, to: string): void {
    const moved = (path: string) => (isInside(path, from) ? to + path.slice(from.length) : path);
    const { paths, shown } = this.#state;
    this.#set({ paths: [...new Set(paths.map(moved))], shown: shown && moved(shown) });
  }

  #set(state: OpenFilesState): void {
    this.#state = state;
    try {
      localStorage.setItem(storageKey(this.#machine), JSON.stringify(state));
    } catch (error) {
      storageRefused(error);
      // Without storage, the tabs last as long as the page.
    }
    for (const listener of this.#listeners) listener();
  }
}

function restore(machine: string): OpenFilesState {
  try {
    return readState(JSON.parse(localStorage.getItem(storageKey(machine)) ?? '{}'));
  } catch {
    return { paths: [], shown: undefined };
  }
}

/** What another version wrote, or a file that somebody changed, is read as far as it makes sense. */
function readState(saved: unknown): OpenFilesState {
  const list =
    typeof saved === 'object' && saved !== null && 'paths' in saved ? saved.paths : undefined;
  const paths = Array.isArray(list)
    ? list.filter((path) => typeof path === 'string' && path.startsWith('/'))
    : [];
  const shown =
    typeof saved === 'object' && saved !== null && 'shown' in saved ? saved.shown : undefined;
  return { paths, shown: paths.find((path) => path === shown) ?? paths[0] };
}

const byMachine = new Map<string, OpenFiles>();

export function openFilesOf(machine: string): OpenFiles {
  const known = byMachine.get(machine) ?? new OpenFiles(machine);
  byMachine.set(machine, known);
  return known;
}

/** What is open now, to be kept with the machines. */
export function openFilesRecord(): Record<string, OpenFilesRecord> {
  return Object.fromEntries(
    [...byMachine].map(([machine, files]) => {
      const { paths, shown } = files.state();
      return [machine, { paths, ...(shown === undefined ? {} : { shown }) }];
    }),
  );
}

/** Opens what was open when that was kept. */
export function restoreOpenFiles(record: Readonly<Record<string, OpenFilesRecord>>): void {
  for (const [machine, state] of Object.entries(record))
    openFilesOf(machine).replace(readState(state));
}
