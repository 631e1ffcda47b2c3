import { ClipboardAddon, type IClipboardProvider } from '@xterm/addon-clipboard';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { TerminalSize } from '../../../engine/api/agent.ts';
import type { LabMachine, LabTerminal } from '../../../engine/api/lab.ts';
import { currentTheme, onTheme } from '../../ui/theme.ts';
import { InputPump } from './input-pump.ts';
import { tellTerminalOutput } from './terminal-access.ts';
import { onTerminalSettings, terminalSettings } from './terminal-settings.ts';
import { terminalTheme } from './terminal-theme.ts';
import { messageOf } from '../../ui/message-of.ts';

/** Output bytes handed to xterm and not drawn yet, above which reading pauses. */
const highWater = 512 * 1024;
/** Milliseconds without another change before the machine is told a new size. */
const resizePause = 80;
/** Milliseconds after which a shell that does not answer yet is worth a word. */
const patience = 300;

const muted = (text: string) => `\u001b[90m${text}\u001b[0m`;

/** Programs may put text on the clipboard (OSC 52), never read it. */
const clipboard: IClipboardProvider = {
  readText: () => '',
  writeText: (_selection, text) => navigator.clipboard.writeText(text),
};

export interface SessionEvents {
  readonly onTitle: (title: string) => void;
  readonly onFocus: () => void;
  readonly onLink: (url: string) => void;
  /** The first output arrived. */
  readonly onSpoken: () => void;
}

/** Where a session has its shells from. */
export interface ShellSource {
  /** Resolves when there can be one; rejects when there never will. */
  ready(): Promise<void>;
  open(size: TerminalSize): Promise<LabTerminal>;
}

/** Shells of a machine, once it runs. */
export const shellsOf = (machine: LabMachine): ShellSource => ({
  ready: () => running(machine),
  open: (size) => machine.openTerminal(size),
});

/**
 * One shell and its screen. Lives outside React, so that moving it between layouts keeps
 * screen, scrollback and program. `element` holds the screen; attach it anywhere.
 */
export class TerminalSession {
  readonly id = crypto.randomUUID();
  readonly element = document.createElement('div');
  readonly terminal: Terminal;
  readonly search = new SearchAddon();
  readonly #fit = new FitAddon();
  readonly #source: ShellSource;
  readonly #events: SessionEvents;
  readonly #sizeObserver: ResizeObserver;
  readonly #stops: readonly (() => void)[];
  #shell: LabTerminal | undefined;
  #input: InputPump | undefined;
  /** typed before the shell was there */
  #typedAhead = '';
  #resizeTimer: number | undefined;
  #ended = false;
  #spoken = false;
  #disposed = false;

  constructor(source: ShellSource, events: SessionEvents) {
    this.#source = source;
    this.#events = events;
    const settings = terminalSettings();
    this.terminal = new Terminal({
      allowProposedApi: true,
      // A blinking one has the page drawn 20 times a second: 6 % of a core for nothing.
      cursorBlink: false,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono'),
      fontSize: settings.fontSize,
      lineHeight: 1.2,
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
      rightClickSelectsWord: false,
      screenReaderMode: settings.screenReader,
      scrollback: 5000,
      theme: terminalTheme(currentTheme()),
    });
    this.element.style.height = '100%';
    this.#sizeObserver = new ResizeObserver(() => this.fit());
    const applySettings = () => this.#applySettings();
    this.#stops = [onTheme(applySettings), onTerminalSettings(applySettings)];
    this.#load();
    void this.#start();
  }

  /** Puts the screen into `host`; the first time draws it. */
  attach(host: HTMLElement): void {
    host.append(this.element);
    if (!this.terminal.element) {
      this.terminal.open(this.element);
      this.terminal.textarea?.addEventListener('focus', () => this.#events.onFocus());
    }
    this.#sizeObserver.observe(host);
    this.fit();
  }

  detach(): void {
    this.#sizeObserver.disconnect();
    this.element.remove();
  }

  focus(): void {
    this.terminal.focus();
  }

  /** Fits rows and columns to the element. */
  fit(): void {
    const size = this.#fit.proposeDimensions();
    if (!size || !Number.isFinite(size.cols) || size.cols < 2 || size.rows < 1) return;
    if (size.cols !== this.terminal.cols || size.rows !== this.terminal.rows) {
      this.terminal.resize(size.cols, size.rows);
    }
  }

  /** As if typed; bracketed when the program asked for it. */
  paste(text: string): void {
    this.terminal.paste(text);
    this.terminal.scrollToBottom();
  }

  /** As if typed key by key: each line ends with a carriage return. */
  type(text: string): void {
    this.terminal.input(text.replaceAll('\n', '\r'));
    this.terminal.scrollToBottom();
  }

  #applySettings(): void {
    const settings = terminalSettings();
    this.terminal.options.fontSize = settings.fontSize;
    this.terminal.options.screenReaderMode = settings.screenReader;
    this.terminal.options.theme = terminalTheme(currentTheme());
    this.fit();
  }

  dispose(): void {
    this.#disposed = true;
    for (const stop of this.#stops) stop();
    this.#sizeObserver.disconnect();
    clearTimeout(this.#resizeTimer);
    this.#input?.stop();
    void this.#shell?.close().catch(() => {});
    this.terminal.dispose();
    this.element.remove();
  }

  #load(): void {
    const { terminal } = this;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.search);
    terminal.loadAddon(new ClipboardAddon(undefined, clipboard));
    terminal.loadAddon(new WebLinksAddon((_event, url) => this.#events.onLink(url)));
    terminal.onTitleChange((title) => this.#events.onTitle(title));
    terminal.onData((text) => {
      if (this.#input) this.#input.push(text);
      else if (!this.#ended) this.#typedAhead += text;
      else if (text === '\r') void this.#start();
    });
    terminal.onBinary((text) => this.#input?.pushBinary(text));
    terminal.onResize((size) => {
      clearTimeout(this.#resizeTimer);
      this.#resizeTimer = window.setTimeout(() => {
        void this.#shell?.resize({ rows: size.rows, cols: size.cols }).catch(() => {});
      }, resizePause);
    });
  }

  async #start(): Promise<void> {
    this.#ended = false;
    this.#typedAhead = '';
    let takeBack = (): void => {};
    try {
      await this.#source.ready();
      if (this.#disposed) return;
      takeBack = this.#sayOpening();
      const size = { rows: this.terminal.rows, cols: this.terminal.cols };
      const shell = await this.#source.open(size);
      if (this.#disposed) return void shell.close();
      this.#shell = shell;
      this.#input = new InputPump(shell.stream.writable);
      this.#input.push(this.#typedAhead);
      if (size.rows !== this.terminal.rows || size.cols !== this.terminal.cols) {
        void shell.resize({ rows: this.terminal.rows, cols: this.terminal.cols });
      }
      await this.#show(shell.stream.readable, takeBack);
      const { code, signal } = await shell.exited;
      this.#end(signal ? `ended by ${signal}` : `ended with status ${code}`);
    } catch (error) {
      takeBack();
      const reason = messageOf(error);
      this.#end(`lost: ${reason.replace(/[^\P{Cc}]/gu, ' ')}`);
    }
  }

  /** Says so when the shell takes long; the function it returns takes that off the screen again. */
  #sayOpening(): () => void {
    let said = false;
    const timer = setTimeout(() => {
      if (this.#disposed) return;
      said = true;
      this.terminal.write(muted('Opening a shell …'));
    }, patience);
    return () => {
      clearTimeout(timer);
      if (said) this.terminal.write('\r\u001b[2K');
      said = false;
    };
  }

  /** Draws output until it ends, no faster than xterm keeps up; `beforeOutput` is called before any. */
  async #show(readable: ReadableStream<Uint8Array>, beforeOutput: () => void): Promise<void> {
    const reader = readable.getReader();
    const decoder = new TextDecoder();
    let waiting = 0;
    let drawn: (() => void) | undefined;
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#disposed) return;
      beforeOutput();
      if (done) return;
      if (!this.#spoken) {
        this.#spoken = true;
        this.#events.onSpoken();
      }
      tellTerminalOutput(decoder.decode(value, { stream: true }));
      waiting += value.length;
      this.terminal.write(value, () => {
        waiting -= value.length;
        if (waiting < highWater) drawn?.();
      });
      if (waiting >= highWater) await new Promise<void>((resolve) => (drawn = resolve));
    }
  }

  #end(how: string): void {
    if (this.#disposed) return;
    this.#input?.stop();
    this.#input = undefined;
    this.#shell = undefined;
    this.#ended = true;
    // A full-screen program may have died: leave its screen, stop mouse reports and bracketed paste, show the cursor.
    this.terminal.write(
      `${this.terminal.buffer.active.type === 'alternate' ? '\u001b[?1049l' : ''}\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?2004l\u001b[?25h\u001b[0m`,
    );
    this.terminal.write(`\r\n${muted(`Session ${how}. Press Enter to start a new one.`)}\r\n`);
  }
}

/** Resolves once the machine runs (or is paused); rejects when it never will. */
function running(machine: LabMachine): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const look = () => {
      const state = machine.state();
      if (state.kind === 'starting') return;
      stop();
      if (state.kind === 'failed') reject(state.error);
      else if (state.kind === 'stopped') reject(new Error('the machine is switched off'));
      else resolve();
    };
    stop = machine.onState(look);
    look();
  });
}
