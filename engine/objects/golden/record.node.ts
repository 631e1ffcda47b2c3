import { readdir, writeFile } from 'node:fs/promises';
import { builtInResources, type ResourceDefinition } from '../resources.ts';
import { parseApiVersion } from '../kubernetes-object.ts';
import {
  edit,
  type GoldenCase,
  type JsonObject,
  type RecordedCase,
  type RecordedStep,
} from './case.ts';

/**
 * Asks a kube-apiserver the requests of `testdata/*.cases.ts` and writes beside them what it answers.
 *
 * Usage: NODE_TLS_REJECT_UNAUTHORIZED=0 npx tsx engine/objects/golden/record.node.ts URL TOKEN [FILE…]
 *
 * The server has to let everything pass but what registry and validation refuse: authorisation
 * mode AlwaysAllow, `--allow-privileged`, and no admission plugin that changes or refuses objects (ServiceAccount,
 * LimitRanger, DefaultStorageClass, DefaultTolerationSeconds, Priority, PodSecurity, ResourceQuota, …). TOKEN is one of its
 * `--token-auth-file`.
 */
const [url = '', token = '', ...only] = process.argv.slice(2);
if (url === '' || token === '') throw new Error('usage: record.node.ts URL TOKEN [FILE…]');

const namespace = 'golden';

interface Answer {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly body: JsonObject;
  readonly time: string;
}

async function ask(
  method: string,
  path: string,
  body?: JsonObject,
  accept = 'application/json',
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const warnings = [
    ...(response.headers.get('warning') ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g),
  ];
  return {
    code: response.status,
    warnings: warnings.map(([, text = '']) => JSON.parse(`"${text}"`) as string),
    body: (await response.json()) as JsonObject,
    time: new Date(response.headers.get('date') ?? '').toISOString().replace('.000', ''),
  };
}

const anyUid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Without what differs from run to run. */
function lasting(given: JsonObject): JsonObject {
  const text = JSON.stringify(given).replaceAll(anyUid, '00000000-0000-0000-0000-000000000000');
  const object = JSON.parse(text) as JsonObject;
  const metadata = object['metadata'] as Record<string, unknown> | undefined;
  if (metadata === undefined) return object;
  const { uid, resourceVersion, creationTimestamp, managedFields, selfLink, ...kept } = metadata;
  void [uid, resourceVersion, creationTimestamp, managedFields, selfLink];
  return { ...object, metadata: kept };
}

function resourceOf(object: JsonObject): ResourceDefinition {
  const { group, version } = parseApiVersion(String(object['apiVersion']));
  const found = builtInResources.find(
    (resource) =>
      resource.group === group && resource.version === version && resource.kind === object['kind'],
  );
  if (!found)
    throw new Error(`no resource of ${String(object['apiVersion'])} ${String(object['kind'])}`);
  return found;
}

function collectionOf({ group, version, namespaced, plural }: ResourceDefinition): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}

const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

async function record({ name, steps }: GoldenCase): Promise<RecordedCase> {
  const recorded: RecordedStep[] = [];
  let current: JsonObject | undefined;
  let item = '';
  for (const step of steps) {
    if ('settled' in step && !current) continue;
    let method: 'POST' | 'PUT' = 'POST';
    let path: string;
    let body: JsonObject;
    if ('create' in step) {
      body = step.create;
      path = collectionOf(resourceOf(body));
    } else if ('readAs' in step) {
      const other = resourceOf({ ...current, apiVersion: step.readAs });
      path = `${collectionOf(other)}${item.slice(item.lastIndexOf('/'))}`;
      const { code, body: answer } = await ask('GET', path);
      recorded.push({ method: 'GET', path, code, answer: lasting(answer) });
      continue;
    } else if ('settled' in step) {
      const answer = await settled(item);
      current = answer;
      recorded.push({
        method: 'GET',
        path: item,
        code: 200,
        answer: lasting(answer),
        settled: true,
      });
      continue;
    } else if ('post' in step) {
      body = step.post;
      path = `${item}/${step.subresource}`;
    } else {
      if (!current) throw new Error(`${name}: nothing to update`);
      method = 'PUT';
      body = edit(current, step.update);
      path = step.subresource === undefined ? item : `${item}/${step.subresource}`;
    }
    const answer = await ask(method, path, body);
    if (answer.code < 300 && !('post' in step)) {
      current = answer.body;
      if ('create' in step) {
        item = `${path}/${(current['metadata'] as { name: string }).name}`;
      }
    }
    recorded.push({
      method,
      path,
      body: lasting(body),
      code: answer.code,
      ...(answer.warnings.length === 0 ? {} : { warnings: answer.warnings }),
      answer: lasting(answer.body),
    });
  }
  if (current) {
    const table = await ask('GET', `${item}?includeObject=None`, undefined, tableType);
    recorded.push({
      method: 'GET',
      path: item,
      accept: tableType,
      code: table.code,
      answer: withColumnsOnce(lasting(table.body), current),
      ...(tellsAges(table.body) ? { time: table.time } : {}),
    });
    await remove(item, current);
  }
  return { name, steps: recorded };
}

const withColumns = new Set<string>();

/** Columns are the same for all objects of a kind; one table of each has them. */
function withColumnsOnce(table: JsonObject, { apiVersion, kind }: JsonObject): JsonObject {
  const name = `${String(apiVersion)} ${String(kind)}`;
  if (!withColumns.has(name)) {
    withColumns.add(name);
    return table;
  }
  const { columnDefinitions: _columns, ...rows } = table;
  return rows;
}

/** Whether a table has other ages than that of an object just made. */
function tellsAges(table: JsonObject): boolean {
  const rows = table['rows'] as readonly { readonly cells: readonly unknown[] }[];
  return rows.some(({ cells }) => cells.some((cell) => /\d\d[ydhm]/.test(String(cell))));
}

/** How often an object has to be read unchanged to be taken for finished. */
const readings = 100;

/** An object that its controllers have looked at. */
async function settled(item: string): Promise<JsonObject> {
  let last = await ask('GET', item);
  for (let same = 0; same < readings; same++) {
    const next = await ask('GET', item);
    if (versionOf(next.body) !== versionOf(last.body)) same = 0;
    last = next;
  }
  return last.body;
}

const versionOf = ({ metadata }: JsonObject) =>
  (metadata as { readonly resourceVersion?: string }).resourceVersion;

/** Definitions go when their last object has gone. */
async function gone(item: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if ((await ask('GET', item)).code === 404) return;
  }
  throw new Error(`${item} does not go`);
}

/** Deletes an object, with its finalizers if need be. */
async function remove(item: string, object: JsonObject): Promise<void> {
  const options = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
  const { body } = await ask('DELETE', item, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...options,
  });
  if (object['kind'] === 'CustomResourceDefinition') await gone(item);
  if (body['kind'] === 'Status' || !(body['metadata'] as { finalizers?: unknown }).finalizers) {
    if (object['kind'] !== 'Namespace') return;
  }
  await ask('PUT', object['kind'] === 'Namespace' ? `${item}/finalize` : item, {
    ...body,
    metadata: { ...(body['metadata'] as object), finalizers: [] },
    ...(object['kind'] === 'Namespace' ? { spec: {} } : {}),
  });
}

await ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
const folder = new URL('./testdata/', import.meta.url);
for (const file of (await readdir(folder)).toSorted()) {
  const name = file.replace(/\.cases\.ts$/, '');
  if (name === file || (only.length > 0 && !only.includes(name))) continue;
  const { cases } = (await import(new URL(file, folder).href)) as { cases: readonly GoldenCase[] };
  const lines: string[] = [];
  for (const golden of cases) lines.push(`${JSON.stringify(await record(golden))}\n`);
  await writeFile(new URL(`${name}.golden.jsonl`, folder), lines.join(''));
  process.stdout.write(`${name}: ${lines.length} cases\n`);
}
