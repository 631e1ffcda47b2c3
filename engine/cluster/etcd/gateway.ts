/**
 * etcd's JSON API: what its gRPC gateway serves at its client port (etcd's `embed/serve.go`), for clients without gRPC
 * such as curl. Names are those of the protocol, bytes are base64, whole numbers of 64 bits are strings, and what is zero or
 * empty is left out. It has keys, compaction and the member's status; there is no gRPC at the port.
 */
import { z } from 'zod';
import {
  EtcdError,
  type Etcd,
  type EtcdErrorCode,
  type KeyValue,
  type ResponseHeader,
} from '../../api/etcd.ts';
import { readAll, type HttpHandler, type HttpResponse } from '../../http/index.ts';

const bytes = z
  .base64()
  .transform((text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
const key = bytes.transform((value) => new TextDecoder().decode(value));
const whole = z.coerce.number().int().exactOptional();
const flag = z.boolean().exactOptional();

const range = z
  .object({
    key: key.default(''),
    range_end: key.exactOptional(),
    limit: whole,
    revision: whole,
    keys_only: flag,
    count_only: flag,
  })
  .transform(({ range_end: rangeEnd, keys_only: keysOnly, count_only: countOnly, ...same }) =>
    present({ ...same, rangeEnd, keysOnly, countOnly }),
  );
const put = z.object({ key: key.default(''), value: bytes.default(new Uint8Array()) });
const deleteRange = z
  .object({ key: key.default(''), range_end: key.exactOptional() })
  .transform(({ range_end: rangeEnd, ...same }) => present({ ...same, rangeEnd }));
const compaction = z.object({ revision: z.coerce.number().int().default(0) });

type Call = (etcd: Etcd, body: unknown) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  async 'POST /v3/kv/range'(etcd, body) {
    const { header, kvs, more, count } = await etcd.range(range.parse(body));
    return { header: headerOf(header), kvs: kvs.map(keyValueOf), more, count: String(count) };
  },
  async 'POST /v3/kv/put'(etcd, body) {
    const { header } = await etcd.put(put.parse(body));
    return { header: headerOf(header) };
  },
  async 'POST /v3/kv/deleterange'(etcd, body) {
    const { header, deleted } = await etcd.deleteRange(deleteRange.parse(body));
    return { header: headerOf(header), deleted: String(deleted) };
  },
  async 'POST /v3/kv/compaction'(etcd, body) {
    const { header } = await etcd.compact(compaction.parse(body));
    return { header: headerOf(header) };
  },
  async 'POST /v3/maintenance/status'(etcd) {
    const status = await etcd.status();
    return {
      header: headerOf(status.header),
      version: status.version,
      dbSize: String(status.dbSize),
      leader: decimalOf(status.leader),
      raftIndex: String(status.raftIndex),
      raftTerm: String(status.raftTerm),
      raftAppliedIndex: String(status.raftAppliedIndex),
      errors: status.errors,
      dbSizeInUse: String(status.dbSizeInUse),
      dbSizeQuota: String(status.dbSizeQuota),
    };
  },
  async 'GET /health'(etcd) {
    await etcd.range({ key: 'health' });
    return { health: 'true', reason: '' };
  },
};

/** Codes of gRPC, where they are not 3, `InvalidArgument`; and their status of HTTP. */
const CODES: Partial<Record<EtcdErrorCode, readonly [code: number, status: number]>> = {
  COMPACTED: [11, 400],
  FUTURE_REVISION: [11, 400],
  NO_SPACE: [8, 429],
  TOO_MANY_REQUESTS: [8, 429],
  STOPPED: [14, 503],
};

export function etcdGateway(etcd: Etcd): HttpHandler {
  return async ({ method, url, body }) => {
    const call = calls[`${method} ${new URL(url).pathname}`];
    if (call === undefined) return refusal(404, 5, 'Not Found');
    try {
      const text = body === null ? '' : new TextDecoder().decode(await readAll(body));
      return answer(200, await call(etcd, JSON.parse(text === '' ? '{}' : text)));
    } catch (error) {
      if (error instanceof EtcdError) {
        const [code, status] = CODES[error.code] ?? [3, 400];
        return refusal(status, code, error.message);
      }
      if (error instanceof z.ZodError) return refusal(400, 3, z.prettifyError(error));
      if (error instanceof SyntaxError) return refusal(400, 3, error.message);
      throw error;
    }
  };
}

function refusal(status: number, code: number, message: string): HttpResponse {
  return answer(status, { code, message, details: undefined });
}

function answer(status: number, value: unknown): HttpResponse {
  const text = JSON.stringify(value, (name, each: unknown) =>
    isNothing(each) && name !== 'reason' ? undefined : each,
  );
  const headers = new Headers({ 'content-type': 'application/json' });
  return { status, headers, body: new TextEncoder().encode(text) };
}

/** The zero of the protocol's types. */
function isNothing(value: unknown): boolean {
  return [false, 0, '', '0'].includes(value as string) || (Array.isArray(value) && !value.length);
}

function headerOf({ clusterId, memberId, revision, raftTerm }: ResponseHeader) {
  return {
    cluster_id: decimalOf(clusterId),
    member_id: decimalOf(memberId),
    revision: String(revision),
    raft_term: String(raftTerm),
  };
}

function keyValueOf({ key: name, createRevision, modRevision, version, value, lease }: KeyValue) {
  return {
    key: base64(new TextEncoder().encode(name)),
    create_revision: String(createRevision),
    mod_revision: String(modRevision),
    version: String(version),
    value: base64(value),
    lease: String(lease),
  };
}

/** @param id 16 hexadecimal digits */
function decimalOf(id: string): string {
  return BigInt(`0x${id}`).toString();
}

function base64(value: Uint8Array): string {
  return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''));
}

/** Without the properties that are undefined. */
function present<T extends object>(object: T) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>;
  };
}
