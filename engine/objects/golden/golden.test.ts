import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadDefinitions } from '../built-in-schemas.ts';
import { readAs } from '../decode/go-codec.ts';
import { applyDefaults } from '../defaults/index.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { builtInResources, type BuiltInResource } from '../resources.ts';
import type { GroupVersionKind } from '../schema.ts';
import type { Service, ServiceSpec } from '../generated/core-v1.generated.ts';
import {
  type StrategyContext,
  deprecationWarning,
  prepareForCreate,
  prepareForUpdate,
  warningsOnCreate,
  warningsOnUpdate,
} from '../strategy/index.ts';
import { serviceAddresses } from '../strategy/service-addresses.ts';
import { convert, inStorageVersion, storageVersion } from '../conversion/index.ts';
import { tableColumns } from '../tables/columns.ts';
import { tableRow } from '../tables/index.ts';
import {
  type FieldError,
  invalidObject,
  validateCreate,
  validateUpdate,
} from '../validation/index.ts';
import type { JsonObject, RecordedCase, RecordedStep } from './case.ts';

/**
 * What a real kube-apiserver answered (see `case.ts`), asked of this folder's functions: the object
 * as it is stored, or the whole `Status` that refuses it, and its row in a table.
 */
const now = '2026-01-01T00:00:00Z';
const folder = new URL('./testdata/', import.meta.url);

interface Target {
  readonly resource: BuiltInResource;
  readonly subresource: string;
  readonly gvk: GroupVersionKind;
}

function targetOf(path: string): Target {
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/golden)?\/([^/]+)(?:\/[^/]+(?:\/([^/]+))?)?$/.exec(
      path,
    );
  const [, group = '', version = '', plural = '', subresource = ''] = match ?? [];
  const resource = builtInResources.find(
    (candidate) =>
      candidate.group === group && candidate.version === version && candidate.plural === plural,
  );
  if (!resource) throw new Error(`no resource for ${path}`);
  return { resource, subresource, gvk: { group, version, kind: resource.kind } };
}

const generated = { uid: '00000000-0000-0000-0000-000000000000', resourceVersion: '1' };

/** An object with the metadata every stored one has, which is not in the recordings. */
function stored(object: JsonObject): KubernetesObject {
  const { metadata } = object as unknown as KubernetesObject;
  return {
    ...object,
    metadata: { ...metadata, ...generated, creationTimestamp: now },
  } as unknown as KubernetesObject;
}

/** Times of the recording are another day's; addresses, ports and tokens come from allocators. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, field: unknown) => {
      const isTime = typeof field === 'string' && /^20\d\d-\d\d-\d\dT[\d:.]+Z$/.test(field);
      if (key === 'managedFields' || key in generated || key === 'creationTimestamp')
        return undefined;
      return isTime ? now : field;
    }),
  );
}

/** Refusals whose causes come in the order of Go's maps, which is any. */
const unordered = new Set([
  'bad metadata',
  'bad resources',
  'bad config map',
  'bad claim status',
  'bad quota',
  'schema list types',
  'schema unknown types',
  'schema forbidden',
  'schema resource fields',
  'runtime bad',
]);

/** A refusal without the order of its causes. */
function sorted(status: JsonObject): unknown {
  const { details, message, ...rest } = status as {
    details?: { causes?: { field?: string; message?: string }[] };
    message?: string;
  };
  const causes = (details?.causes ?? []).toSorted((left, right) =>
    `${left.field} ${left.message}` < `${right.field} ${right.message}` ? -1 : 1,
  );
  return {
    ...rest,
    message: (message ?? '').split('').toSorted().join(''),
    details: { ...details, causes },
  };
}

/** What an allocator gave the Service that was recorded. */
function allocated(service: Service, recorded: JsonObject): Service {
  const { spec = {} } = recorded as { spec?: ServiceSpec };
  const { clusterIP, clusterIPs, healthCheckNodePort } = spec;
  const needsIp = service.spec?.type !== 'ExternalName' && !service.spec?.clusterIP;
  const ports = service.spec?.ports?.map((port, index) => {
    const nodePort = spec.ports?.[index]?.nodePort;
    return nodePort === undefined || port.nodePort !== undefined ? port : { ...port, nodePort };
  });
  return {
    ...service,
    spec: {
      ...service.spec,
      ...(needsIp && clusterIP ? { clusterIP, clusterIPs: clusterIPs ?? [] } : {}),
      ...(healthCheckNodePort && !service.spec?.healthCheckNodePort ? { healthCheckNodePort } : {}),
      ...(ports ? { ports } : {}),
    },
  };
}

/** A stored object in the version it is asked in. */
async function readIn(
  gvk: GroupVersionKind,
  resource: BuiltInResource,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const converted = convert(object, gvk);
  const { apiVersion, kind } = converted;
  if (apiVersion === object.apiVersion) return object;
  const { object: read } = readAs(await loadDefinitions(gvk), resource.schema, converted);
  return { ...read, apiVersion, kind } as unknown as KubernetesObject;
}

/** Who asked, where the answer tells. */
function user({ spec }: JsonObject): Pick<StrategyContext, 'user'> {
  const { username, groups } = (spec ?? {}) as NonNullable<StrategyContext['user']>;
  return username === undefined ? {} : { user: { username, ...(groups ? { groups } : {}) } };
}

interface Outcome {
  readonly answer: unknown;
  readonly warnings: readonly string[];
}

async function replay(step: RecordedStep, current: KubernetesObject | undefined): Promise<Outcome> {
  const { gvk, resource, subresource } = targetOf(step.path);
  const definitions = await loadDefinitions(gvk);
  const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  const { object: read } = readAs(definitions, resource.schema, { ...step.body, apiVersion });
  const decoded = { ...read, apiVersion, kind: gvk.kind } as unknown as KubernetesObject;
  const { name } = {
    ...(step.answer['details'] as { name?: string } | undefined),
    ...(step.answer['metadata'] as { name?: string } | undefined),
  };
  const metadata = {
    ...decoded.metadata,
    ...(resource.namespaced ? { namespace: 'golden' } : {}),
    ...(decoded.metadata.generateName && name ? { name } : {}),
  };
  let given = applyDefaults(gvk, { ...decoded, metadata });
  const isCreation = step.method === 'POST';
  const old = isCreation ? undefined : current;
  if (!isCreation && !old) throw new Error('nothing to update');
  const refused = (errors: readonly FieldError[]): Outcome => {
    const kind = { group: storageVersion(gvk).group, name: gvk.kind };
    const { status } = invalidObject(kind, given.metadata.name ?? '', errors);
    return { answer: JSON.parse(JSON.stringify(status)), warnings: [] };
  };
  if (gvk.kind === 'Service' && subresource === '') {
    const addresses = serviceAddresses(given as Service, old as Service | undefined, ['IPv4']);
    if (addresses.errors.length > 0) return refused(addresses.errors);
    given = allocated(addresses.service, step.answer);
  }
  const object = old
    ? prepareForUpdate(gvk, stored(given as unknown as JsonObject), old, { now }, subresource)
    : prepareForCreate(
        gvk,
        {
          ...given,
          metadata: { ...given.metadata, uid: generated.uid, creationTimestamp: now },
        },
        { now, ...user(step.answer) },
      );
  const errors = old ? validateUpdate(gvk, object, old, subresource) : validateCreate(gvk, object);
  if (errors.length > 0) return refused(errors);
  const warnings = old
    ? warningsOnUpdate(gvk, object, old, subresource)
    : warningsOnCreate(gvk, object);
  const deprecation = deprecationWarning(gvk);
  return {
    answer: comparable(await readIn(gvk, resource, object)),
    warnings: deprecation === undefined ? warnings : [...warnings, deprecation],
  };
}

/** A table's columns and cells; ages of a second are those of objects just made. */
function expectTable(step: RecordedStep, current: KubernetesObject): void {
  const time = step.time ?? now;
  const metadata = { ...current.metadata, creationTimestamp: time };
  const { cells, conditions } = tableRow({ ...current, metadata }, Date.parse(time));
  const { columnDefinitions, rows } = step.answer as {
    columnDefinitions: unknown;
    rows: readonly { cells: readonly unknown[]; conditions?: unknown }[];
  };
  const age = (cell: unknown) => (typeof cell === 'string' && /^[0-3]s$/.test(cell) ? '0s' : cell);
  const [row] = rows;
  expect(comparable(cells)).toEqual(comparable(row?.cells.map(age)));
  expect(conditions).toEqual(row?.conditions);
  if (columnDefinitions) expect(tableColumns(current)).toEqual(columnDefinitions);
}

const files = readdirSync(folder).filter((file) => file.endsWith('.golden.jsonl'));
for (const file of files.toSorted()) {
  const lines = readFileSync(new URL(file, folder), 'utf8').trim().split('\n');
  describe(file.replace('.golden.jsonl', ''), () => {
    test.each(lines.map((line) => JSON.parse(line) as RecordedCase))(
      '$name',
      async ({ name, steps }) => {
        let current: KubernetesObject | undefined;
        let posted = false;
        for (const step of steps) {
          const target = targetOf(step.path);
          if (step.method === 'GET') {
            if (!current) throw new Error('nothing to read');
            if (step.settled) {
              current = stored(step.answer);
              continue;
            }
            if (step.accept === undefined)
              expect(comparable(await readIn(target.gvk, target.resource, current))).toEqual(
                comparable(step.answer),
              );
            else if (!posted) expectTable(step, current);
            continue;
          }
          if (['binding', 'eviction', 'token'].includes(target.subresource)) {
            posted = true;
            continue;
          }
          const { answer, warnings } = await replay(step, current);
          if (unordered.has(name))
            expect(sorted(answer as JsonObject)).toEqual(sorted(step.answer));
          else expect(answer).toEqual(step.code >= 400 ? step.answer : comparable(step.answer));
          if (step.code < 400)
            expect([...warnings].toSorted()).toEqual([...(step.warnings ?? [])].toSorted());
          if (step.code < 400) current = inStorageVersion(stored(step.answer));
        }
      },
    );
  });
}
