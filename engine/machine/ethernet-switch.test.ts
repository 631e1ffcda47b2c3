import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { EthernetSwitch, type RecordedFrame } from './ethernet-switch.ts';

const BROADCAST = 255;
let clock: FakeClock;
let ethernet: EthernetSwitch;
let ports: MessagePort[];
let received: Record<string, number[]>;

function join(name: string): (destination: number, source: number, mark: number) => void {
  const { port1, port2 } = new MessageChannel();
  ethernet.plug(name, port1);
  ports.push(port2);
  received[name] = [];
  port2.onmessage = (event: MessageEvent<Uint8Array>) => received[name]?.push(event.data[14] ?? -1);
  return (destination, source, mark) => {
    const frame = new Uint8Array(15);
    frame.fill(destination === BROADCAST ? 255 : 0, 0, 6);
    frame[5] = destination;
    frame[11] = source;
    frame[14] = mark;
    port2.postMessage(frame);
  };
}

/** Lets messages arrive. */
async function turn(): Promise<void> {
  for (let round = 0; round < 6; round++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  clock = new FakeClock();
  ethernet = new EthernetSwitch(clock);
  ports = [];
  received = {};
});
afterEach(() => {
  ethernet.dispose();
  for (const port of ports) port.close();
});

describe('EthernetSwitch', () => {
  it('floods what it does not know, learns, and forgets after five minutes', async () => {
    const [a, b] = [join('a'), join('b')];
    join('c');
    a(2, 1, 10);
    await turn();
    expect(received).toEqual({ a: [], b: [10], c: [10] });
    b(1, 2, 11);
    await turn();
    a(2, 1, 12);
    await turn();
    expect(received).toEqual({ a: [11], b: [10, 12], c: [10] });
    a(BROADCAST, 1, 13);
    await turn();
    expect(received).toEqual({ a: [11], b: [10, 12, 13], c: [10, 13] });
    clock.advance(301_000);
    a(2, 1, 14);
    await turn();
    expect(received['c']).toEqual([10, 13, 14]);
  });

  it('drops, delays and records', async () => {
    const a = join('a');
    join('b');
    const seen: RecordedFrame[] = [];
    ethernet.onFrame((frame) => seen.push(frame));
    ethernet.rule = () => ({ drop: true, delay: 0 });
    a(2, 1, 1);
    await turn();
    ethernet.rule = () => ({ drop: false, delay: 40 });
    a(2, 1, 2);
    await turn();
    expect(received['b']).toEqual([]);
    clock.advance(40);
    await turn();
    expect(received['b']).toEqual([2]);
    expect(seen.map(({ from, to }) => [from, to])).toEqual([
      ['a', []],
      ['a', ['b']],
    ]);
  });

  it('frees the name of a port that went away', async () => {
    join('a');
    ports[0]?.close();
    await turn();
    expect(() => join('a')).not.toThrow();
    expect(() => join('a')).toThrow('has a port a already');
  });
});
