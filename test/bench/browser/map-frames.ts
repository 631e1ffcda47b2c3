/// <reference types="vite/client" />
/** The cluster's map under a flood: its component as the app shows it, told by an API server's own account of its traffic. */
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import type { TrafficBatch } from '../../../engine/api/api-traffic.ts';
import type { ClusterFacade, ClusterState } from '../../../engine/api/cluster.ts';
import type { HttpRequest, HttpResponse } from '../../../engine/api/http-message.ts';
import { Exchange } from '../../../engine/apiserver/request/exchange.ts';
import { Traffic } from '../../../engine/apiserver/traffic/traffic.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { ClusterMap } from '../../../web/features/cluster-map/cluster-map.tsx';
import '../../../web/ui/tokens.css';
import '../../../web/ui/base.css';
import { prove, sleep, type Sample } from '../bench.ts';

/** What the map remembers at most: it has as much to do as it ever will. */
const REMEMBERED = 5000;
/** Entries that the account hands over at once without losing any. */
const AT_ONCE = 1500;
const WARM_UP_SECONDS = 2;
const SECONDS = 4;
/** Dots each second, over all lines: what happens within one frame on one line is one, and a line has room for ten. */
const LEAST_DOTS = 30;
const NODES = ['control-plane', 'worker-1', 'worker-2'];
const KUBELETS = NODES.map((name) => ({
  agent: 'kubelet/v1.37.2 (linux/386) kubernetes',
  user: `system:node:${name}`,
}));
/** who asks, one after the other */
const PROGRAMS = [
  { agent: 'kube-scheduler/v1.37.2', user: 'system:kube-scheduler' },
  { agent: 'kube-controller-manager/v1.37.2', user: 'system:kube-controller-manager' },
  { agent: 'cloud-controller-manager/v1.37.2', user: 'system:cloud-controller-manager' },
  { agent: 'kubectl/v1.37.2 (linux/386)', user: 'kubernetes-admin' },
  ...KUBELETS,
];

const state: ClusterState = {
  kind: 'ready',
  text: '',
  nodes: NODES.map((name, index) => ({
    name,
    ip: `10.0.0.${11 + index}`,
    role: index === 0 ? 'control-plane' : 'worker',
    machine: { kind: 'running' },
    kubelet: 'running',
    plugged: true,
    delay: 0,
    ready: true,
    components: [],
  })),
};

/** Frames per second while so much happens in a cluster each second. */
export async function drawMap(eventsPerSecond: number): Promise<Sample> {
  const traffic = new Traffic(systemClock);
  const flood = new Flood(traffic);
  let arrived = 0;
  const cluster = {
    state: () => state,
    onState: () => () => {},
    onTraffic: (listener: (batch: TrafficBatch) => void) =>
      traffic.read((batch) => {
        arrived += batch.entries.length;
        // In the app it comes from another worker.
        listener(structuredClone(batch));
      }),
    api: answer,
    setBreakpoints: () => {},
  } as Partial<ClusterFacade> as ClusterFacade;

  const place = document.createElement('main');
  place.style.cssText = 'position: fixed; inset: 0; overflow: auto';
  document.body.append(place);
  const root = createRoot(place);
  root.render(createElement(ClusterMap, { cluster }));
  try {
    while (place.querySelectorAll('[data-line]').length < PROGRAMS.length) await sleep(0.1);
    while (flood.told < REMEMBERED) {
      flood.tell(AT_ONCE);
      await sleep(0.2);
    }
    const ending = flood.run(eventsPerSecond, WARM_UP_SECONDS + SECONDS);
    await sleep(WARM_UP_SECONDS);
    const toldBefore = flood.told;
    const dots = countDots(place);
    const { frames, latencies } = await countFrames(SECONDS * 1000);
    const told = flood.told - toldBefore;
    const { drawn, lines } = dots.stop();
    await ending;
    await sleep(0.5);
    prove(told > 0.9 * eventsPerSecond * SECONDS, `only ${told} things happened`);
    prove(arrived === flood.told, `of ${flood.told} entries ${arrived} arrived`);
    prove(lines === PROGRAMS.length, `only ${lines} lines had dots`);
    prove(drawn >= LEAST_DOTS * SECONDS, `only ${drawn} dots were drawn of ${told} entries`);
    const rows = place.querySelector('[aria-label="Requests and events"]');
    prove(rows?.getAttribute('aria-rowcount') === `${REMEMBERED + 1}`, 'the list is not full');
    prove(rows.textContent.includes(flood.lastName), 'the last entry is not in the list');
    return { value: frames / SECONDS, latencies };
  } finally {
    root.unmount();
    place.remove();
  }
}

/** Requests, their calls of etcd, and events of watches, as an API server with nothing else to do accounts for them. */
class Flood {
  told = 0;
  readonly #traffic: Traffic;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  get lastName(): string {
    return `p${this.told}`;
  }

  tell(count: number): void {
    for (let each = 0; each < count; each++) {
      this.told++;
      this.#tellOne(PROGRAMS[this.told % PROGRAMS.length] ?? { agent: '', user: '' });
    }
  }

  async run(perSecond: number, seconds: number): Promise<void> {
    const began = performance.now();
    const before = this.told;
    for (;;) {
      const passed = Math.min(seconds, (performance.now() - began) / 1000);
      this.tell(Math.floor(passed * perSecond) - (this.told - before));
      if (passed === seconds) return;
      await sleep(0.01);
    }
  }

  #tellOne({ agent, user }: { readonly agent: string; readonly user: string }): void {
    const name = this.lastName;
    const path = `/api/v1/namespaces/default/pods/${name}`;
    const request: HttpRequest = {
      method: 'PATCH',
      url: `https://10.0.0.11:6443${path}/status`,
      headers: new Headers({ 'user-agent': agent }),
      body: null,
    };
    const exchange = new Exchange(request, '10.0.0.11', name, systemClock, [this.#traffic]);
    exchange.user = { username: user, groups: [] };
    const isEvent = this.told % 2 === 0;
    exchange.info = {
      isResourceRequest: true,
      path,
      verb: isEvent ? 'watch' : 'patch',
      apiPrefix: 'api',
      apiGroup: '',
      apiVersion: 'v1',
      namespace: 'default',
      resource: 'pods',
      subresource: isEvent ? '' : 'status',
      name,
      parts: ['pods', name],
    };
    const object = { kind: 'Pod', metadata: { name, namespace: 'default', uid: `uid-${name}` } };
    if (isEvent) {
      const stored = { object } as never;
      this.#traffic.events(exchange)({ size: 0, type: 'MODIFIED', stored });
      return;
    }
    const body = new TextEncoder().encode(JSON.stringify(object));
    exchange.respond({ status: 200, headers: new Headers(), body });
  }
}

/** Lists are empty, and nothing happens to what is watched. */
function answer({ url, signal }: HttpRequest): Promise<HttpResponse> {
  const headers = new Headers({ 'content-type': 'application/json' });
  const isWatch = new URL(url).searchParams.has('watch');
  const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
  const body = isWatch
    ? new ReadableStream<Uint8Array>({
        start: (controller) => signal?.addEventListener('abort', () => controller.close()),
      })
    : new TextEncoder().encode(JSON.stringify(list));
  return Promise.resolve({ status: 200, headers, body });
}

/** Counts what begins to move along the lines of the map; where it is crowded, the last dot stands for more. */
function countDots(place: HTMLElement): { stop(): { drawn: number; lines: number } } {
  let drawn = 0;
  const lines = new Set<string>();
  const observer = new MutationObserver((mutations) => {
    for (const { type, addedNodes, target } of mutations) {
      const line = target instanceof HTMLElement ? target.dataset['line'] : undefined;
      if (type === 'attributes') drawn++;
      else if (line !== undefined && addedNodes.length > 0) {
        drawn += addedNodes.length;
        lines.add(line);
      }
    }
  });
  observer.observe(place, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['data-many'],
  });
  return {
    stop() {
      observer.disconnect();
      return { drawn, lines: lines.size };
    },
  };
}

/** @returns how many the page drew, and the milliseconds from one to the next */
function countFrames(milliseconds: number): Promise<{ frames: number; latencies: number[] }> {
  return new Promise((resolve) => {
    const began = performance.now();
    const latencies: number[] = [];
    let before = began;
    const onFrame = (): void => {
      const now = performance.now();
      if (now - began >= milliseconds) {
        resolve({ frames: latencies.length, latencies });
        return;
      }
      latencies.push(now - before);
      before = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  });
}
