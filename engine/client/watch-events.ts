import { streamOf } from '../http/index.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { StatusError } from '../objects/status/status-error.ts';
import type { Status } from '../objects/status/status.ts';
import type { Stored } from './resource.ts';

/** A change. A bookmark's object has nothing but a resource version, and annotations about it. */
export interface WatchEvent<T extends KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: Stored<T>;
}

interface ErrorEvent {
  readonly type: 'ERROR';
  readonly object: Status;
}

/**
 * The events of a watch, as they come. Ends when the server ends it; leaving the loop cancels it.
 * @throws StatusError what the server said in an event of type `ERROR`: 410 above all
 */
export async function* watchEvents<Event extends { readonly type: string }>(
  body: ReadableStream<Uint8Array> | Uint8Array,
): AsyncGenerator<Event, void, void> {
  // A refusal is one event, which comes as a whole.
  const reader = streamOf(body).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') continue;
        const event = JSON.parse(line) as Event | ErrorEvent;
        if (event.type === 'ERROR') throw new StatusError((event as ErrorEvent).object);
        yield event as Event;
      }
    }
  } finally {
    // Already over in most cases.
    await reader.cancel().catch(() => {});
  }
}
