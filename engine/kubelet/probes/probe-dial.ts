import type { AgentStreams } from '../../api/agent.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { Clock } from '../../base/clock.ts';
import type { NodeAgent } from '../contracts.ts';
import { ProbeTimeout } from './probe-result.ts';

export interface ProbeNetwork {
  readonly agent: Pick<NodeAgent, 'dial'>;
  readonly clock: Clock;
  /** `1.37`: for `User-Agent: kube-probe/1.37` */
  readonly version: string;
}

/** What a probe may take. Connections that it has opened end with it: who has taken hold of one follows `signal`. */
export class ProbeTime {
  readonly #end = new AbortController();
  readonly #network: ProbeNetwork;
  readonly #milliseconds: number;
  readonly #until: number;
  readonly #streams: ByteStream[] = [];

  constructor(network: ProbeNetwork, milliseconds: number) {
    this.#network = network;
    this.#milliseconds = milliseconds;
    this.#until = network.clock.monotonic() + milliseconds;
  }

  /** Aborts when the probe is over, in time or not. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** What `work` resolves to. Throws `ProbeTimeout` when the time is over before; then all connections are cut. */
  async run<T>(work: (time: ProbeTime) => Promise<T>): Promise<T> {
    let cut: () => void = () => {};
    const over = new Promise<never>((_resolve, reject) => {
      cut = () => reject(new ProbeTimeout('context deadline exceeded'));
    });
    const timer = this.#network.clock.setTimer(cut, this.#milliseconds);
    try {
      return await Promise.race([work(this), over]);
    } finally {
      timer.dispose();
      this.#end.abort();
      for (const { readable, writable } of this.#streams) {
        if (!readable.locked) await readable.cancel().catch(() => {});
        if (!writable.locked) await writable.abort().catch(() => {});
      }
    }
  }

  /** A connection from the node. Throws what the agent says: `dial tcp …: connect: connection refused`. */
  async dial(address: string, tls?: AgentStreams['dial']['request']['tls']): Promise<ByteStream> {
    const left = Math.max(1, Math.ceil(this.#until - this.#network.clock.monotonic()));
    const stream = await this.#network.agent.dial({
      network: 'tcp',
      address,
      timeoutMs: left,
      ...(tls === undefined ? {} : { tls }),
    });
    this.#streams.push(stream);
    if (this.#network.clock.monotonic() >= this.#until) await drop(stream);
    return stream;
  }
}

/** For a connection that came too late. */
async function drop({ readable, writable }: ByteStream): Promise<void> {
  await readable.cancel().catch(() => {});
  await writable.abort().catch(() => {});
}
