import { describe, expect, it } from 'vitest';
import { InputQueue } from './input-queue.ts';

function driver(room: number) {
  const queue = { is_configured: () => true, count_requests: () => queue.room, room };
  return queue;
}

describe('InputQueue', () => {
  it('joins and splits a stream into buffers and waits for room', async () => {
    const queue = driver(1);
    const sent: number[][] = [];
    const input = new InputQueue(queue, 4, Infinity, (bytes) => {
      queue.room--;
      sent.push([...bytes]);
    });
    const first = input.push(new Uint8Array([1, 2, 3, 4, 5, 6]));
    const second = input.push(new Uint8Array([7]));
    const third = input.push(new Uint8Array([8, 9]));
    expect(sent).toEqual([[1, 2, 3, 4]]);
    expect(input.bytes).toBe(5);
    queue.room = 2;
    input.pump();
    expect(sent).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
    await Promise.all([first, second, third]);
    expect(input.bytes).toBe(0);
  });

  it('keeps packets whole and drops the oldest beyond the limit', () => {
    const queue = driver(0);
    const sent: number[][] = [];
    const input = new InputQueue(queue, 0, 2, (bytes) => void sent.push([...bytes]));
    for (const packet of [1, 2, 3]) void input.push(new Uint8Array([packet, packet]));
    queue.room = 9;
    input.pump();
    expect(sent).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });
});
