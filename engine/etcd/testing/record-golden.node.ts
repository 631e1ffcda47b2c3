/**
 * Plays random histories to a real etcd and writes down what it answers, for `golden.test.ts`:
 *
 *   etcd &
 *   npx tsx engine/etcd/testing/record-golden.node.ts http://127.0.0.1:2379 SEED STEPS > engine/etcd/testing/golden/NAME.jsonl
 *
 * The etcd must be empty. It is asked through its gRPC gateway, which speaks JSON.
 */
import { SeededRandom } from '../../base/random.ts';
import { RandomHistory, stepToJson, type Answer, type Step } from './history.ts';

const BYTES = new Set(['key', 'value', 'range_end', 'keys']);
const NUMBERS = new Set([
  'createRevision',
  'modRevision',
  'version',
  'lease',
  'count',
  'deleted',
  'grantedTtl',
  'compactRevision',
  'hashRevision',
  'id',
  'ttl',
]);
const NAMES: Readonly<Record<string, string>> = { ID: 'id', TTL: 'ttl', grantedTTL: 'grantedTtl' };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A request of ours as the gateway wants it. */
function toWire(request: object): string {
  const convert = (value: unknown, name: string): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (Array.isArray(value)) return value.map((item) => convert(item, name));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => {
          const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
          const wire = key === 'id' ? 'ID' : key === 'ttl' ? 'TTL' : snake;
          return [wire, convert(inner, wire)];
        }),
      );
    return typeof value === 'string' && BYTES.has(name) ? base64(value) : value;
  };
  return JSON.stringify(convert(request, ''));
}

interface WireEvent {
  readonly type?: string;
  readonly kv: object;
}

/** An answer of the gateway as we have it. It leaves out what is empty. */
function fromWire(response: object): Record<string, unknown> {
  const convert = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => convert(item, name));
    if (name === 'header') return Number((value as { readonly revision?: string }).revision ?? 0);
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, inner]) => {
        const camel =
          NAMES[key] ??
          key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
        return [camel, convert(inner, camel)] as const;
      });
      return filled(Object.fromEntries(entries), name);
    }
    if (typeof value === 'string' && BYTES.has(name))
      return Buffer.from(value, 'base64').toString();
    return NUMBERS.has(name) ? Number(value) : value;
  };
  return convert(response, '') as Record<string, unknown>;
}

const EMPTY_VERSION = {
  key: '',
  value: '',
  createRevision: 0,
  modRevision: 0,
  version: 0,
  lease: 0,
};

/** Puts back what a message left out because it was zero. */
function filled(message: Record<string, unknown>, name: string): Record<string, unknown> {
  switch (name) {
    case 'kv':
    case 'prevKv':
    case 'kvs':
    case 'prevKvs':
      return { ...EMPTY_VERSION, ...message };
    case 'events':
      return { type: 'PUT', ...message };
    case 'responseRange':
      return { kvs: [], more: false, count: 0, ...message };
    case 'responseDeleteRange':
      return { deleted: 0, prevKvs: [], ...message };
    case 'responseTxn':
      return { succeeded: false, responses: [], ...message };
    default:
      return message;
  }
}

const PATHS = {
  put: ['kv/put', ''],
  deleteRange: ['kv/deleterange', 'responseDeleteRange'],
  txn: ['kv/txn', 'responseTxn'],
  range: ['kv/range', 'responseRange'],
  compact: ['kv/compaction', ''],
  leaseGrant: ['lease/grant', ''],
  leaseRevoke: ['lease/revoke', ''],
  leaseTimeToLive: ['lease/timetolive', ''],
  hashKv: ['maintenance/hashkv', ''],
} as const;

async function ask(base: string, step: Step): Promise<Answer> {
  if ('watch' in step) return watchPast(base, step.watch);
  const [kind, request] = Object.entries(step)[0] as [keyof typeof PATHS, object];
  const [path, message] = PATHS[kind];
  const response = await fetch(`${base}/v3/${path}`, { method: 'POST', body: toWire(request) });
  const body = (await response.json()) as object;
  if ('code' in body && 'message' in body) return { error: String(body.message) };
  const answer = filled(fromWire(body), message);
  switch (kind) {
    case 'hashKv':
      delete answer['header'];
      return answer;
    case 'leaseTimeToLive':
      return {
        keys: ((answer['keys'] ?? []) as string[]).toSorted(),
        grantedTtl: answer['grantedTtl'] ?? 0,
      };
    case 'leaseGrant': {
      const { header, id, ttl } = answer;
      return { header, id, ttl };
    }
    default:
      return answer;
  }
}

/** How long nothing must come before a watch has said all, in milliseconds. */
const QUIET_MS = 200;

async function watchPast(base: string, request: object): Promise<Answer> {
  const abort = new AbortController();
  const response = await fetch(`${base}/v3/watch`, {
    method: 'POST',
    body: `{"create_request":${toWire(request)}}`,
    signal: abort.signal,
  });
  const events: WireEvent[] = [];
  let compactRevision = 0;
  let text = '';
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const quiet = new Promise<undefined>((resolve) => setTimeout(resolve, QUIET_MS));
    const read = await Promise.race([reader.read(), quiet]);
    if (read?.value === undefined) break;
    text += decoder.decode(read.value, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const { result } = JSON.parse(line) as { readonly result: object };
      const { events: more, compactRevision: compacted } = fromWire(result) as {
        readonly events?: WireEvent[];
        readonly compactRevision?: number;
      };
      events.push(...(more ?? []));
      compactRevision = compacted ?? compactRevision;
    }
  }
  abort.abort();
  return { events, compactRevision };
}

const [base = '', seed = '1', count = '100'] = process.argv.slice(2);
const history = new RandomHistory(new SeededRandom(Number(seed)));
let revision = 1;
for (let left = Number(count); left > 0; left--) {
  const step = history.next(revision);
  const answer = await ask(base, step);
  if ('header' in answer) revision = answer['header'] as number;
  process.stdout.write(`${JSON.stringify({ step: stepToJson(step), answer })}\n`);
}
