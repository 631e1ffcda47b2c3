import type { LabMachine } from '../../../engine/api/lab.ts';
import { shellsOf, TerminalSession } from './terminal-session.ts';

export interface TerminalTab {
  readonly id: string;
  /** what the program in the active pane calls itself, or the learner's own name for the tab */
  readonly title: string;
  readonly renamed: boolean;
  readonly panes: readonly TerminalSession[];
  /** id of the pane that has, or last had, the focus */
  readonly active: string;
}

export interface TerminalsState {
  readonly tabs: readonly TerminalTab[];
  readonly selected: string;
}

export interface TerminalsEvents {
  /** A link in the output was clicked. */
  readonly onLink: (url: string) => void;
  /** The first shell shows its prompt. */
  readonly onFirstShell: () => void;
}

/** more panes than this in one tab are too narrow to read */
const maxPanes = 3;

/** The terminals of one machine, in tabs that may be split. A store for `useSyncExternalStore`. */
export class Terminals {
  readonly #machine: LabMachine;
  readonly #events: TerminalsEvents;
  readonly #listeners = new Set<() => void>();
  #state: TerminalsState;
  #opened = false;

  constructor(machine: LabMachine, events: TerminalsEvents) {
    this.#machine = machine;
    this.#events = events;
    const first = this.#newTab();
    this.#state = { tabs: [first], selected: first.id };
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  activePane(): TerminalSession | undefined {
    const tab = this.#tab(this.#state.selected);
    return tab?.panes.find((pane) => pane.id === tab.active);
  }

  focus(): void {
    this.activePane()?.focus();
  }

  open(): void {
    const tab = this.#newTab();
    this.#set({ tabs: [...this.#state.tabs, tab], selected: tab.id });
  }

  select(id: string): void {
    this.#set({ ...this.#state, selected: id });
  }

  close(id: string): void {
    const index = this.#state.tabs.findIndex((tab) => tab.id === id);
    const tabs = this.#state.tabs.filter((tab) => tab.id !== id);
    for (const pane of this.#tab(id)?.panes ?? []) pane.dispose();
    const neighbour = tabs[Math.min(index, tabs.length - 1)];
    if (!neighbour) {
      const tab = this.#newTab();
      this.#set({ tabs: [tab], selected: tab.id });
    } else {
      this.#set({
        tabs,
        selected: this.#state.selected === id ? neighbour.id : this.#state.selected,
      });
    }
  }

  rename(id: string, title: string): void {
    this.#change(id, { title, renamed: true });
  }

  canSplit(): boolean {
    return (this.#tab(this.#state.selected)?.panes.length ?? maxPanes) < maxPanes;
  }

  /** A second shell beside the first in the selected tab. */
  split(): void {
    const tab = this.#tab(this.#state.selected);
    if (!tab || !this.canSplit()) return;
    const pane = this.#newPane(() => tab.id);
    this.#change(tab.id, { panes: [...tab.panes, pane], active: pane.id });
  }

  closePane(paneId: string): void {
    const tab = this.#tabOf(paneId);
    if (!tab) return;
    if (tab.panes.length === 1) {
      this.close(tab.id);
      return;
    }
    const panes = tab.panes.filter((pane) => pane.id !== paneId);
    for (const pane of tab.panes) if (pane.id === paneId) pane.dispose();
    this.#change(tab.id, { panes, active: panes.at(-1)?.id ?? '' });
  }

  dispose(): void {
    for (const tab of this.#state.tabs) for (const pane of tab.panes) pane.dispose();
    this.#listeners.clear();
  }

  #newTab(): TerminalTab {
    const id = crypto.randomUUID();
    const pane = this.#newPane(() => id);
    return { id, title: this.#machine.name, renamed: false, panes: [pane], active: pane.id };
  }

  #newPane(tabId: () => string): TerminalSession {
    const session: TerminalSession = new TerminalSession(shellsOf(this.#machine), {
      onTitle: (title) => {
        const tab = this.#tab(tabId());
        if (tab && !tab.renamed && tab.active === session.id && title)
          this.#change(tab.id, { title });
      },
      onFocus: () => {
        const tab = this.#tab(tabId());
        if (tab && tab.active !== session.id) this.#change(tab.id, { active: session.id });
      },
      onLink: this.#events.onLink,
      onSpoken: () => {
        if (this.#opened) return;
        this.#opened = true;
        this.#events.onFirstShell();
      },
    });
    return session;
  }

  #tab(id: string): TerminalTab | undefined {
    return this.#state.tabs.find((tab) => tab.id === id);
  }

  #tabOf(paneId: string): TerminalTab | undefined {
    return this.#state.tabs.find((tab) => tab.panes.some((pane) => pane.id === paneId));
  }

  #change(id: string, change: Partial<TerminalTab>): void {
    this.#set({
      ...this.#state,
      tabs: this.#state.tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)),
    });
  }

  #set(state: TerminalsState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
