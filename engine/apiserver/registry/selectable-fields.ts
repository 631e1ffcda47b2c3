/**
 * Fields that field selectors may name, by kind (`ToSelectableFields` and the field label
 * conversions of k8s.io/kubernetes).
 */
import { goQuote } from '../../objects/go-text.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import { isJsonObject } from '../../objects/json-value.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { fieldAt, type ApiObject } from './api-object.ts';

type Read = (object: ApiObject) => unknown;

/** What a field is called in the selector, and how it is read. */
type Fields = Readonly<Record<string, Read>>;

const at =
  (path: string): Read =>
  (object) =>
    fieldAt(object, path.split('.'));

function paths(...names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, at(name)]));
}

const metadata = paths('metadata.name', 'metadata.namespace');

const firstPodIp: Read = (object) => {
  const ips = fieldAt(object, ['status', 'podIPs']);
  const [first] = Array.isArray(ips) ? (ips as readonly unknown[]) : [];
  return isJsonObject(first) ? first['ip'] : fieldAt(object, ['status', 'podIP']);
};

const flag =
  (path: string): Read =>
  (object) =>
    at(path)(object) === true;

/** The component that reported an event, in the old form or the new. */
const eventSource: Read = (object) =>
  at('source.component')(object) ??
  at('deprecatedSource.component')(object) ??
  object['reportingComponent'] ??
  object['reportingController'];

const coreEvent: Fields = {
  ...paths(
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'type',
  ),
  source: eventSource,
};

const newEvent: Fields = paths(
  'reason',
  'regarding.kind',
  'regarding.namespace',
  'regarding.name',
  'regarding.uid',
  'regarding.apiVersion',
  'regarding.resourceVersion',
  'regarding.fieldPath',
  'reportingController',
  'type',
);

const byKind: Readonly<Record<string, Fields>> = {
  '/Pod': {
    ...paths(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.nominatedNodeName',
    ),
    'spec.hostNetwork': flag('spec.hostNetwork'),
    'status.podIP': firstPodIp,
    'status.podIPs': firstPodIp,
  },
  '/Node': { 'spec.unschedulable': flag('spec.unschedulable') },
  '/Namespace': { ...paths('status.phase'), name: at('metadata.name') },
  '/Secret': paths('type'),
  '/Service': paths('spec.clusterIP', 'spec.type'),
  '/Event': coreEvent,
  'events.k8s.io/Event': newEvent,
  '/ReplicationController': paths('status.replicas'),
  'batch/Job': { 'status.successful': at('status.succeeded') },
  'certificates.k8s.io/CertificateSigningRequest': paths('spec.signerName'),
  'resource.k8s.io/ResourceSlice': paths('spec.nodeName', 'spec.driver'),
};

/** Zero values are what Go prints of a field that is not set. */
const zero: Readonly<Record<string, string>> = {
  'status.replicas': '0',
  'status.successful': '0',
};

function print(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return zero[name] ?? '';
}

/** Reads the fields that selectors of one kind may name. */
export class SelectableFields {
  readonly #fields: Fields;
  readonly #ordinary: boolean;
  readonly #texts = new WeakMap<StoredObject, Map<string, string>>();

  constructor(fields: Fields | undefined) {
    this.#fields = { ...metadata, ...fields };
    this.#ordinary = fields === undefined;
  }

  static ofKind(group: string, kind: string): SelectableFields {
    return new SelectableFields(byKind[`${group}/${kind}`]);
  }

  /** Of a custom resource; JSON paths such as `.spec.color`. */
  static ofPaths(names: readonly string[]): SelectableFields {
    return new SelectableFields(
      Object.fromEntries(
        names.map((name) => [name.replace(/^\./, ''), at(name.replace(/^\./, ''))]),
      ),
    );
  }

  /** Errors: `BadRequest` for a field that cannot be selected. */
  check(names: readonly string[]): void {
    for (const name of names) {
      if (name in this.#fields) continue;
      throw badRequest(
        this.#ordinary
          ? `${goQuote(name)} is not a known field selector: only "metadata.name", "metadata.namespace"`
          : `field label not supported: ${name}`,
      );
    }
  }

  read(object: ApiObject, name: string): string {
    return print(this.#fields[name]?.(object), name);
  }

  /**
   * The same of what is stored, remembered as long as that is. A watch asks again when the next version
   * comes, and long after the object was parsed and forgotten.
   */
  readStored(stored: StoredObject, name: string, parse: () => ApiObject): string {
    let texts = this.#texts.get(stored);
    if (texts === undefined) this.#texts.set(stored, (texts = new Map()));
    let text = texts.get(name);
    if (text === undefined) texts.set(name, (text = this.read(parse(), name)));
    return text;
  }
}
