import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { GuestChannel } from './guest-channel.ts';
import { V86_VERSION, type V86Internals } from './v86-internals.ts';

/** A virtio console whose driver has `room` buffers in each receive queue. */
function fakeConsole(room: number) {
  const sent: [string, number[]][] = [];
  const events: number[][] = [];
  const listeners = new Map<string, (bytes: Uint8Array) => void>();
  const queues = Array.from({ length: 6 }, () => ({
    room,
    is_configured: () => true,
    count_requests(): number {
      return this.room;
    },
  }));
  const console = {
    virtio: { queues },
    SendEvent: (...event: number[]) => void events.push(event),
  };
  const internals = {
    bus: {
      send(name: string, bytes: Uint8Array) {
        sent.push([name, [...bytes]]);
        const queue = queues[name.includes('console0') ? 0 : 4];
        if (queue !== undefined) queue.room--;
      },
    },
    listen: (name: string, listener: (bytes: Uint8Array) => void) => listeners.set(name, listener),
    v86: { cpu: { devices: { virtio_console: console } } },
  };
  return { internals: internals as unknown as V86Internals, console, sent, events, listeners };
}

describe('GuestChannel', () => {
  it('makes port 1 a plain port and leaves the others consoles', () => {
    const { internals, console, events } = fakeConsole(1);
    void new GuestChannel(internals);
    console.SendEvent(0, 4, 1);
    console.SendEvent(1, 4, 1);
    console.SendEvent(1, 6, 1);
    expect(events).toEqual([
      [0, 4, 1],
      [1, 6, 1],
    ]);
  });

  it('speaks to both ports until the guest has answered on one, then to that alone', async () => {
    const { internals, sent, listeners } = fakeConsole(2);
    const channel = new GuestChannel(internals);
    const heard: number[] = [];
    channel.onOutput((bytes) => heard.push(...bytes));
    await channel.send(new Uint8Array([1]));
    expect(sent).toEqual([
      ['virtio-console0-input-bytes', [1]],
      ['virtio-console1-input-bytes', [1]],
    ]);
    listeners.get('virtio-console1-output-bytes')?.(new Uint8Array([7]));
    expect(heard).toEqual([7]);
    await channel.send(new Uint8Array([2]));
    expect(sent.slice(2)).toEqual([['virtio-console1-input-bytes', [2]]]);
  });
});

describe('V86_VERSION', () => {
  it('is the version that is installed', () => {
    const { version } = createRequire(import.meta.url)('v86/package.json') as { version: string };
    expect(version.split('+')[0]).toBe(V86_VERSION);
  });
});
