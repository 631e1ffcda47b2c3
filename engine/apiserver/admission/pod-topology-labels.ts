import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { fieldAt, withMetadata, type ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';

const PREFIX = 'topology.kubernetes.io/';
const COPIED = ['zone', 'region'].map((name) => `${PREFIX}${name}`);

type Labels = Readonly<Record<string, string>>;

/** A Pod carries the zone and region of the node it was given. */
export class PodTopologyLabels implements AdmissionPlugin {
  readonly name = 'PodTopologyLabels';
  readonly #labelsOf: (namespace: string, name: string) => Labels | undefined;

  constructor(nodes: Lister) {
    this.#labelsOf = nodes.derive(({ metadata }) => copiedLabels(metadata.labels));
  }

  mutate({ operation, resource, subresource, object }: Attributes): ApiObject | undefined {
    const { group, plural } = resource.definition;
    if (object === undefined || operation !== 'CREATE' || group !== '') return undefined;
    const binding = plural === 'bindings' || (plural === 'pods' && subresource === 'binding');
    if (!binding && !(plural === 'pods' && subresource === '')) return undefined;
    const node = binding
      ? fieldAt(object, ['target', 'name'])
      : (object as unknown as Pod).spec.nodeName;
    const labels = (typeof node === 'string' ? this.#labelsOf('', node) : undefined) ?? {};
    if (Object.keys(labels).length === 0) return undefined;
    return withMetadata(object, { labels: { ...object.metadata.labels, ...labels } });
  }
}

function copiedLabels(labels: Labels = {}): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => COPIED.includes(name)));
}
