/**
 * Makes ports of machines reachable for frames of this page: one bridge for each (machine, port) that is
 * looked at, and the exchanges of all of them. Where the host serves no preview origins, one
 * service worker below `/preview/` does the same without scripts (path mode).
 */
import type { LabMachine } from '../../../engine/api/lab.ts';
import { MachineCookies } from './cookies.ts';
import { ExchangeServer } from './exchange-server.ts';
import { PreviewBridge } from './preview-bridge.ts';
import { readMessage, type BootAgain, type HerePort } from './wire/messages.ts';
import {
  previewOrigin,
  previewPath,
  readPreviewHost,
  type PreviewTarget,
} from './wire/preview-address.ts';

/** Whose ports are looked at: a machine, or what answers like one. Its name is a label of a host name. */
export type PreviewedMachine = Pick<LabMachine, 'name' | 'fetch'>;

export type PreviewMode = 'origins' | 'path' | 'unavailable';

/** A port that can be shown now. */
export interface Reached {
  readonly mode: PreviewMode;
  /** of the page's path in the browser */
  address(path: string): string;
  /** looks after the visible frame; undefined in path mode, where this page can do so itself */
  readonly bridge: PreviewBridge | undefined;
}

/** Tabs with labs that are told apart: further ones share the last slot. */
const slots = ['', 't2', 't3', 't4', 't5', 't6', 't7', 't8'];

export class PreviewGateway {
  /** Which tab this is among those with a lab: decides the origins' names. */
  readonly slot = takeSlot();
  readonly #machines = new Map<string, PreviewedMachine>();
  readonly #cookies = new Map<string, MachineCookies>();
  readonly #bridges = new Map<string, PreviewBridge>();
  readonly #externalListeners = new Set<(url: string) => void>();
  readonly #server = new ExchangeServer({
    machine: (name) => {
      const machine = this.#machines.get(name);
      return machine && { machine, cookies: this.#cookiesOf(name) };
    },
    interrupted: ({ machine, port, url }) => {
      const { pathname, search } = new URL(url);
      for (const listener of this.#interruptedListeners) listener(machine, port, pathname + search);
    },
  });
  /** how often a page hung, by `<machine>-<port>` */
  readonly #renewals = new Map<string, number>();
  readonly #interruptedListeners = new Set<(machine: string, port: number, path: string) => void>();
  #mode: Promise<PreviewMode> | undefined;

  constructor() {
    addEventListener('message', (event) => {
      if (readMessage(event.data, 'boot-hello')) void this.#onBoot(event);
    });
  }

  /** The machine that answers under its name from now on, until the returned function is called. */
  use(machine: PreviewedMachine): () => void {
    this.#machines.set(machine.name, machine);
    return () => {
      if (this.#machines.get(machine.name) === machine) this.#machines.delete(machine.name);
    };
  }

  /** Calls `listener` with addresses outside the machine that a page wants to go to. */
  onExternal(listener: (url: string) => void): () => void {
    this.#externalListeners.add(listener);
    return () => this.#externalListeners.delete(listener);
  }

  /** Calls `listener` when the browser stopped the worker while it was loading a page. */
  onInterrupted(listener: (machine: string, port: number, path: string) => void): () => void {
    this.#interruptedListeners.add(listener);
    return () => this.#interruptedListeners.delete(listener);
  }

  async reach(machine: string, port: number): Promise<Reached> {
    const target: PreviewTarget = { slot: await this.#slotOf(machine, port), machine, port };
    this.#mode ??= this.#probe(target);
    const mode = await this.#mode;
    if (mode !== 'origins') {
      const base = new URL(previewPath(target), document.baseURI).href;
      return { mode, bridge: undefined, address: (path) => base + path };
    }
    const bridge = this.#bridge(target);
    await bridge.ready;
    return { mode, bridge, address: (path) => bridge.origin + path };
  }

  /**
   * Gives up an origin whose page does not react any more. The next `reach` takes a fresh one, because the browser
   * would run a new page of the same origin in the same busy process.
   */
  forget(machine: string, port: number): void {
    const key = `${machine}-${port}`;
    this.#renewals.set(key, (this.#renewals.get(key) ?? 0) + 1);
    for (const [origin, bridge] of this.#bridges) {
      const target = readPreviewHost(new URL(origin).host);
      if (target?.machine !== machine || target.port !== port) continue;
      this.#bridges.delete(origin);
      bridge.close();
    }
  }

  async #slotOf(machine: string, port: number): Promise<string> {
    const slot = await this.slot;
    const renewal = this.#renewals.get(`${machine}-${port}`);
    return renewal ? `${slot || 't1'}r${renewal}` : slot;
  }

  /** Every bridge that is there: one of them sees the visible frame. */
  bridges(): readonly PreviewBridge[] {
    return [...this.#bridges.values()];
  }

  #bridge(target: PreviewTarget): PreviewBridge {
    const origin = previewOrigin(location.origin, target);
    const known = this.#bridges.get(origin);
    if (known) return known;
    const bridge = new PreviewBridge(
      origin,
      () => this.#exchangePort(target.machine),
      (url) => {
        for (const listener of this.#externalListeners) listener(url);
      },
    );
    this.#bridges.set(origin, bridge);
    // Tried again the next time somebody looks.
    bridge.ready.catch(() => {
      if (this.#bridges.get(origin) === bridge) this.#bridges.delete(origin);
      bridge.close();
    });
    return bridge;
  }

  /** A port that serves exchanges with this machine only. */
  #exchangePort(machine: string): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#server.serve(port1, machine);
    return port2;
  }

  async #probe(target: PreviewTarget): Promise<PreviewMode> {
    if (!('serviceWorker' in navigator)) return 'unavailable';
    try {
      await this.#bridge(target).ready;
      return 'origins';
    } catch {
      return this.#startPathMode(target.slot);
    }
  }

  async #startPathMode(slot: string): Promise<PreviewMode> {
    try {
      const { serviceWorker } = navigator;
      const registration = await serviceWorker.register(
        new URL('preview/worker.js', document.baseURI),
        {
          scope: new URL('preview/', document.baseURI).pathname,
          updateViaCache: 'none',
        },
      );
      serviceWorker.addEventListener('message', (event) => {
        if (readMessage(event.data, 'need-port')?.slot !== slot) return;
        const { port1, port2 } = new MessageChannel();
        this.#server.serve(port1);
        (event.source as ServiceWorker | null)?.postMessage(
          { drydock: 'here-port', slot } satisfies HerePort,
          [port2],
        );
      });
      serviceWorker.startMessages();
      await activated(registration);
      return 'path';
    } catch {
      return 'unavailable';
    }
  }

  /** A frame of this page shows an origin whose worker is missing, after a link to another port. */
  async #onBoot(event: MessageEvent): Promise<void> {
    const target = readPreviewHost(new URL(event.origin).host);
    const frame = [...document.querySelectorAll('iframe')].find(
      ({ contentWindow }) => contentWindow === event.source,
    );
    if (!target || !frame || !this.#machines.has(target.machine)) return;
    if (event.origin !== previewOrigin(location.origin, target)) return;
    await this.#bridge(target).ready;
    frame.contentWindow?.postMessage({ drydock: 'boot-again' } satisfies BootAgain, event.origin);
  }

  #cookiesOf(machine: string): MachineCookies {
    const known = this.#cookies.get(machine);
    if (known) return known;
    const cookies = new MachineCookies(tabStorage(), `drydock.cookies.${machine}`);
    this.#cookies.set(machine, cookies);
    return cookies;
  }
}

function tabStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** Holds the first free slot for as long as this page lives. */
async function takeSlot(): Promise<string> {
  if (!('locks' in navigator)) return '';
  for (const slot of slots) {
    const taken = await new Promise<boolean>((resolve) => {
      void navigator.locks.request(`drydock-preview-${slot}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise(() => {}) : undefined;
      });
    });
    if (taken) return slot;
  }
  return slots.at(-1) ?? '';
}

async function activated({
  installing,
  waiting,
  active,
}: ServiceWorkerRegistration): Promise<void> {
  const worker = installing ?? waiting;
  if (active || !worker) return;
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve();
      else if (worker.state === 'redundant')
        reject(new Error('The service worker could not be installed'));
    });
  });
}

let shared: PreviewGateway | undefined;

/** The one gateway of this page. */
export function previewGateway(): PreviewGateway {
  return (shared ??= new PreviewGateway());
}
