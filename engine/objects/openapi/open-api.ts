import { loadDefinitions, loadVersionDefinitions } from '../built-in-schemas.ts';
import type { CustomResource } from '../custom/custom-resource.ts';
import { goJson } from '../go-text.ts';
import { formatApiVersion, type GroupVersion } from '../kubernetes-object.ts';
import { builtInResources } from '../resources.ts';
import type { Definitions } from '../schema.ts';
import { builtInHashes } from './built-in-hashes.ts';
import { customDocument } from './custom-document.ts';
import {
  groupDocument,
  groupVersionDocument,
  issuerDocuments,
  rootDocument,
  versionDocument,
} from './document.ts';
import { documentV2 } from './document-v2.ts';
import { documentV2Protobuf } from './document-v2-protobuf.ts';
import { withRemote, type RemoteV2 } from './remote-v2.ts';
import type { OpenApiDocument } from './types.ts';

/** A document as it is sent. */
export interface PrintedDocument {
  readonly bytes: Uint8Array;
  /** SHA-512 of the document's JSON in upper-case hexadecimal */
  readonly hash: string;
}

/** The document of all in both its forms. */
export interface PrintedDocumentV2 extends PrintedDocument {
  /** for those who ask for `protobufV2` */
  readonly protobuf: Uint8Array;
}

/** What another server says of the objects it serves in a group-version. */
export interface RemoteDocument extends PrintedDocument, RemoteV2 {}

/** Media type of `/openapi/v2` in protobuf. */
export const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * What `/openapi/v2` and `/openapi/v3` answer. Documents are made when first asked for and kept as
 * text; built-in ones equal the real server's byte for byte.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
export class OpenApi {
  readonly #builtIn = new Map<string, Promise<PrintedDocument>>();
  #custom = new Map<string, readonly CustomResource[]>();
  #customDocuments = new Map<string, Promise<PrintedDocument>>();
  #remote = new Map<string, RemoteDocument>();
  #v2: Promise<PrintedDocumentV2> | undefined;

  /** Tells which custom resources are served now. */
  setCustomResources(resources: readonly CustomResource[]): void {
    this.#custom = new Map();
    for (const resource of resources) {
      const name = `apis/${formatApiVersion(resource)}`;
      this.#custom.set(name, [...(this.#custom.get(name) ?? []), resource]);
    }
    this.#customDocuments = new Map();
    this.#v2 = undefined;
  }

  /** Tells what servers behind this one say. */
  setRemoteDocuments(documents: readonly RemoteDocument[]): void {
    const isKnown = ({ name, hash }: RemoteDocument): boolean =>
      this.#remote.get(name)?.hash === hash;
    if (documents.length === this.#remote.size && documents.every(isKnown)) return;
    this.#remote = new Map(documents.map((document) => [document.name, document]));
    this.#v2 = undefined;
  }

  /** `GET /openapi/v3`: where each document is. */
  async index(): Promise<{
    readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  }> {
    const custom = await Promise.all(
      [...this.#custom.keys()].map(async (name): Promise<[string, string]> => {
        const { hash } = await this.#customDocument(name);
        return [name, hash];
      }),
    );
    const remote = [...this.#remote.values()].map(({ name, hash }): [string, string] => [
      name,
      hash,
    ]);
    const all = [...Object.entries(builtInHashes), ...custom, ...remote].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    );
    return {
      paths: Object.fromEntries(
        all.map(([name, hash]) => [
          name,
          { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` },
        ]),
      ),
    };
  }

  /** `GET /openapi/v3/NAME`, by the index's name (`apis/apps/v1`); undefined if there is none. */
  document(name: string): Promise<PrintedDocument> | undefined {
    const remote = this.#remote.get(name);
    if (remote !== undefined) return Promise.resolve(remote);
    if (this.#custom.has(name)) return this.#customDocument(name);
    if (!Object.hasOwn(builtInHashes, name)) return undefined;
    return remember(this.#builtIn, name, async () => print(await builtInDocument(name)));
  }

  /** `GET /openapi/v2`. */
  documentV2(): Promise<PrintedDocumentV2> {
    this.#v2 ??= this.#makeV2();
    return this.#v2;
  }

  async #makeV2(): Promise<PrintedDocumentV2> {
    const names = [...Object.keys(builtInHashes), ...this.#custom.keys()];
    const documents = await Promise.all(names.map((name) => this.#unprinted(name)));
    const document = withRemote(documentV2(documents), this.#remote.values());
    return { ...(await print(document)), protobuf: documentV2Protobuf(document) };
  }

  async #unprinted(name: string): Promise<OpenApiDocument> {
    const resources = this.#custom.get(name);
    return resources === undefined ? builtInDocument(name) : makeCustom(name, resources);
  }

  #customDocument(name: string): Promise<PrintedDocument> {
    return remember(this.#customDocuments, name, async () => print(await this.#unprinted(name)));
  }
}

async function builtInDocument(name: string): Promise<OpenApiDocument> {
  const definitions = await loadDefinitions({ group: '', version: 'v1' });
  const issuer = issuerDocuments()[name];
  if (issuer !== undefined) return issuer;
  if (name === 'version') return versionDocument(await loadVersionDefinitions());
  if (name === 'api' || name === 'apis') return rootDocument(name, definitions);
  const groupVersion = groupVersionOf(name);
  if (groupVersion.version === '') return groupDocument(groupVersion.group, definitions);
  const { group, version } = groupVersion;
  const resources = builtInResources.filter(
    (resource) => resource.group === group && resource.version === version,
  );
  const all: Definitions = {
    ...definitions,
    ...(await subresourceDefinitions(resources)),
    ...(await loadDefinitions(groupVersion)),
  };
  return groupVersionDocument(groupVersion, resources, all);
}

async function makeCustom(
  name: string,
  resources: readonly CustomResource[],
): Promise<OpenApiDocument> {
  const core = await loadDefinitions({ group: '', version: 'v1' });
  const definitions = { ...core, ...(await subresourceDefinitions(resources)) };
  return customDocument(groupVersionOf(name), resources, definitions);
}

/** Definitions of subresources that are of other groups: Scale, Eviction, TokenRequest. */
async function subresourceDefinitions(
  resources: readonly { readonly subresources: readonly Partial<GroupVersion>[] }[],
): Promise<Definitions> {
  const all = resources.flatMap(({ subresources }) => subresources);
  const loaded = await Promise.all(
    all.map(({ group, version }) =>
      group === undefined || version === undefined ? {} : loadDefinitions({ group, version }),
    ),
  );
  return Object.assign({}, ...loaded) as Definitions;
}

/** `apis/apps/v1`, `api/v1`; a group's own document has no version. */
function groupVersionOf(name: string): GroupVersion {
  const [root, first = '', second = ''] = name.split('/');
  return root === 'api' ? { group: '', version: first } : { group: first, version: second };
}

async function print(document: unknown): Promise<PrintedDocument> {
  const bytes = new TextEncoder().encode(goJson(document));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', bytes));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { bytes, hash: hash.toUpperCase() };
}

function remember<Value>(
  cache: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  let value = cache.get(key);
  if (value === undefined) cache.set(key, (value = make()));
  return value;
}
