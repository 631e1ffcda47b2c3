import { Quantity } from '../objects/quantity.ts';
import type { NodeReading, Point } from './reading.ts';

/** What was used between two looks. */
export interface Usage {
  /** of the later look, UNIX milliseconds */
  readonly time: number;
  /** milliseconds between the two */
  readonly window: number;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

/** Milliseconds that a container has to have run for one look to be enough (upstream's `freshContainerMinMetricsResolution`). */
const FRESH_MS = 10_000;

interface Looks {
  readonly last: Point;
  readonly previous?: Point;
}

/**
 * The last two looks at everything (metrics-server's `pkg/storage`): processors are told as what was used between
 * them, memory as it was at the last.
 */
export class UsageStore {
  #nodes = new Map<string, Looks>();
  #pods = new Map<string, Map<string, Looks>>();
  readonly #resolution: number;

  /** @param resolution milliseconds between looks */
  constructor(resolution: number) {
    this.#resolution = resolution;
  }

  /** Takes a look at all nodes. What is in none of them is forgotten. */
  store(readings: ReadonlyMap<string, NodeReading>): void {
    const nodes = new Map<string, Looks>();
    const pods = new Map<string, Map<string, Looks>>();
    for (const [name, { node, pods: found }] of readings) {
      if (node !== undefined) nodes.set(name, follow(this.#nodes.get(name), node));
      for (const [pod, containers] of found) {
        const known = this.#pods.get(pod);
        const looks = new Map<string, Looks>();
        for (const [container, point] of containers)
          looks.set(container, follow(this.#ofContainer(known?.get(container), point), point));
        pods.set(pod, looks);
      }
    }
    this.#nodes = nodes;
    this.#pods = pods;
  }

  node(name: string): Usage | undefined {
    const looks = this.#nodes.get(name);
    return looks && usageOf(looks);
  }

  /** Of its containers, by name; undefined unless all that were seen can be told of. */
  pod(namespace: string, name: string): ReadonlyMap<string, Usage> | undefined {
    const looks = this.#pods.get(`${namespace}/${name}`);
    if (looks === undefined) return undefined;
    const usages = new Map<string, Usage>();
    for (const [container, each] of looks) {
      const usage = usageOf(each);
      if (usage === undefined) return undefined;
      usages.set(container, usage);
    }
    return usages;
  }

  /** One that has just started used nothing before; one that started again is another one. */
  #ofContainer(known: Looks | undefined, point: Point): Looks | undefined {
    const { startTime, time } = point;
    if (known !== undefined && known.last.time >= startTime) return known;
    const age = time - startTime;
    if (startTime === 0 || age < FRESH_MS || age >= this.#resolution) return undefined;
    return { last: { time: startTime, cpuSeconds: 0, memoryBytes: 0, startTime } };
  }
}

/** A look that is not newer than the last, such as one that a kubelet had kept, changes nothing. */
function follow(known: Looks | undefined, point: Point): Looks {
  if (known === undefined || known.last.cpuSeconds > point.cpuSeconds) return { last: point };
  return point.time > known.last.time ? { last: point, previous: known.last } : known;
}

function usageOf({ last, previous }: Looks): Usage | undefined {
  if (previous === undefined) return undefined;
  const window = last.time - previous.time;
  const cores = (last.cpuSeconds - previous.cpuSeconds) / (window / 1000);
  return {
    time: last.time,
    window,
    usage: {
      cpu: new Quantity(BigInt(Math.ceil(cores * 1e9)), 'DecimalSI').toString(),
      memory: Quantity.of(last.memoryBytes, 'BinarySI').toString(),
    },
  };
}
