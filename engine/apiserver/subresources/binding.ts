import { formatTime } from '../../objects/time.ts';
import type { Action } from '../handlers/action-handler.ts';
import {
  badRequest,
  conflict,
  notFound,
  type StatusError,
} from '../../objects/status/status-error.ts';
import type { Status } from '../../objects/status/status.ts';
import { describeErrors } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import { isDns1123Subdomain } from '../../objects/names.ts';
import { fieldAt, withMetadata, type ApiObject } from '../registry/api-object.ts';
import { preconditionsHold } from '../registry/preconditions.ts';
import { keyOf, type ServedResource, type StoredResource } from '../registry/served-resource.ts';

const success: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
};

interface Target {
  readonly kind?: string;
  readonly name?: string;
}

function check({ kind = '', name = '' }: Target): void {
  const at = Place.root().child('target');
  if (kind !== '' && kind !== 'Node') at.child('kind').notSupported(kind, ['Node', '<empty>']);
  if (name === '') at.child('name').required();
  else at.child('name').invalidEach(name, isDns1123Subdomain(name));
  if (at.errors.length > 0) throw new Error(describeErrors(at.errors));
}

/** Marks the Pod as scheduled, whatever was said before. */
function scheduled(conditions: unknown, now: string): readonly unknown[] {
  const list = Array.isArray(conditions)
    ? (conditions as readonly { type?: string; status?: string }[])
    : [];
  const before = list.find(({ type }) => type === 'PodScheduled');
  if (before?.status === 'True') return list;
  return [
    ...list.filter((condition) => condition !== before),
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now },
  ];
}

/** `pods/binding`: gives a Pod its node, once. This is how schedulers decide. */
export function bindingAction(body: ServedResource, pods: StoredResource): Action {
  return {
    body,
    async run({ services, namespace, name: inPath, options, admit }, binding) {
      const name = binding.metadata.name ?? '';
      if (inPath !== '' && name !== inPath)
        throw badRequest('name in URL does not match name in Binding object');
      const target = (binding['target'] ?? {}) as Target;
      check(target);
      await admit(binding);
      const { uid, resourceVersion } = binding.metadata;
      const assign = (object: ApiObject): ApiObject => {
        preconditionsHold(pods, object, {
          ...(uid === undefined ? {} : { uid }),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        });
        const refuse = (why: string): StatusError =>
          conflict({ group: '', name: 'pods/binding' }, name, why);
        const node = fieldAt(object, ['spec', 'nodeName']);
        const gates = fieldAt(object, ['spec', 'schedulingGates']);
        if (object.metadata.deletionTimestamp !== undefined)
          throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
        if (typeof node === 'string' && node !== '')
          throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(node)}`);
        if (Array.isArray(gates) && gates.length > 0)
          throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
        const { nominatedNodeName: _nominated, ...status } = (object['status'] ?? {}) as Record<
          string,
          unknown
        >;
        const now = formatTime(services.clock.now());
        const { annotations, labels } = binding.metadata;
        return withMetadata(
          {
            ...object,
            spec: { ...(object['spec'] as object), nodeName: target.name },
            status: { ...status, conditions: scheduled(status['conditions'], now) },
          },
          {
            ...(annotations === undefined
              ? {}
              : { annotations: { ...object.metadata.annotations, ...annotations } }),
            ...(labels === undefined ? {} : { labels: { ...object.metadata.labels, ...labels } }),
          },
        );
      };
      const next = (current: { readonly object: ApiObject } | undefined): Promise<ApiObject> => {
        if (current === undefined) throw notFound({ group: '', name: 'pods' }, name);
        return Promise.resolve(assign(current.object));
      };
      const key = keyOf(pods, namespace, name);
      if (options.dryRun) await next(await pods.storage.get(key));
      else await pods.storage.update(key, next);
      return success;
    },
  };
}
