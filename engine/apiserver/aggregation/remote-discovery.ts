import { isJsonObject, type JsonObject } from '../../objects/json-value.ts';
import { formatApiVersion } from '../../objects/kubernetes-object.ts';
import type { RemoteDocument } from '../../objects/openapi/open-api.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { servedBy, type ApiService } from './api-service.ts';
import { aggregator } from './availability.ts';
import type { Fetched } from '../outbound/ask.ts';
import type { RemoteServer } from './remote-server.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
/** Who fetches what servers say of their objects. */
const documents: UserInfo = { username: 'system:aggregator', groups: [] };

const parse = ({ bytes }: Fetched): unknown => JSON.parse(new TextDecoder().decode(bytes));

const members = (value: unknown, name: string): readonly JsonObject[] => {
  const list = isJsonObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list.filter((item) => isJsonObject(item)) : [];
};

/** What a remote server serves in a group-version, for the aggregated document. */
export async function fetchVersion(service: ApiService, server: RemoteServer): Promise<unknown> {
  const { group, version } = servedBy(service);
  try {
    const fetched = await server.fetch('/apis', AGGREGATED, aggregator);
    const type = fetched.headers.get('content-type') ?? '';
    if (fetched.status === 200 && type.includes('as=APIGroupDiscoveryList')) {
      const found = members(parse(fetched), 'items')
        .filter(({ metadata }) => isJsonObject(metadata) && metadata['name'] === group)
        .flatMap((item) => members(item, 'versions'))
        .find((item) => item['version'] === version);
      return { version, ...found, freshness: 'Current' };
    }
    const plain = await server.fetch(server.versionPath, 'application/json', aggregator);
    if (plain.status !== 200) throw new Error(`failed to download legacy discovery`);
    const resources = fromPlain(members(parse(plain), 'resources'));
    return { version, resources, freshness: 'Current' };
  } catch {
    return { version, freshness: 'Stale' };
  }
}

const present = (resource: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.filter((name) => resource[name] !== undefined).map((name) => [name, resource[name]]),
  );

const responseKind = ({ group = '', version = '', kind = '' }: JsonObject): JsonObject => ({
  group,
  version,
  kind,
});

/** Resources of the plain document, as the aggregated one has them. */
function fromPlain(resources: readonly JsonObject[]): readonly JsonObject[] {
  const nameOf = ({ name }: JsonObject): string => (typeof name === 'string' ? name : '');
  return resources
    .filter((resource) => !nameOf(resource).includes('/'))
    .map((resource) => {
      const own = `${nameOf(resource)}/`;
      const subresources = resources
        .filter((other) => nameOf(other).startsWith(own))
        .map((other) => ({
          subresource: nameOf(other).slice(own.length),
          responseKind: responseKind(other),
          verbs: other['verbs'],
        }));
      return {
        resource: resource['name'],
        responseKind: responseKind(resource),
        scope: resource['namespaced'] === true ? 'Namespaced' : 'Cluster',
        singularResource: resource['singularName'] ?? '',
        verbs: resource['verbs'],
        ...present(resource, 'shortNames', 'categories'),
        ...(subresources.length === 0 ? {} : { subresources }),
      };
    });
}

/** What a remote server says of its objects; undefined if it says nothing. */
export async function fetchDocument(
  service: ApiService,
  server: RemoteServer,
): Promise<RemoteDocument | undefined> {
  const name = `apis/${formatApiVersion(servedBy(service))}`;
  try {
    const index = parse(await server.fetch('/openapi/v3', '', documents));
    const paths = isJsonObject(index) && isJsonObject(index['paths']) ? index['paths'] : {};
    const entry = paths[name];
    const url = isJsonObject(entry) ? entry['serverRelativeURL'] : undefined;
    if (typeof url !== 'string') return undefined;
    const { bytes } = await server.fetch(url, 'application/json', documents);
    const hash = new URL(url, 'http://localhost').searchParams.get('hash') ?? '';
    const whole = await server.fetch('/openapi/v2', 'application/json', documents);
    const older = whole.status === 200 ? parse(whole) : undefined;
    return { name, bytes, hash, ...(isJsonObject(older) ? { v2: older } : {}) };
  } catch {
    return undefined;
  }
}
