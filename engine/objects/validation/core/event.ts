import type { Event } from '../../generated/core-v1.generated.ts';
import { isQualifiedName } from '../../names.ts';
import { asInternal } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { byteLength } from '../rules.ts';
import { sameValue } from '../same-value.ts';

/** Events of the core group. */

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

function anyEvent(event: Event, at: Place, isStrict: boolean): void {
  const { namespace = '' } = event.metadata;
  const { namespace: involved = '' } = event.involvedObject;
  const refuse = () =>
    at
      .child('involvedObject')
      .child('namespace')
      .invalid(involved, 'does not match event.namespace');
  if (!event.eventTime) {
    const isClusterWide = involved === '' && (namespace === '' || namespace === 'default');
    if (!isClusterWide && involved !== namespace) refuse();
    return;
  }
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') refuse();
  const controller = at.child(isStrict ? 'reportingController' : 'reportingComponent');
  const { reportingComponent = '' } = event;
  if (reportingComponent === '') controller.required();
  controller.invalidEach(reportingComponent, isQualifiedName(reportingComponent));
  for (const field of ['reportingInstance', 'action', 'reason', 'message'] as const) {
    const text = event[field] ?? '';
    if (text === '' && field !== 'message') at.child(field).required();
    if (byteLength(text) > limits[field]) {
      at.child(field).invalid('', `can have at most ${limits[field]} characters`);
    }
  }
}

function series({ series: given }: Event, at: Place): void {
  if (!given) return;
  if ((given.count ?? 0) < 2) at.child('series.count').invalid('', 'should be at least 2');
  if (!given.lastObservedTime) at.child('series.lastObservedTime').required();
}

function strictCreation(event: Event, at: Place): void {
  const meta = at.child('metadata');
  objectMeta(event.metadata, meta, { namespaced: true, nameRule: subdomainName });
  series(event, at);
  if (!event.eventTime) at.child('eventTime').required();
  const { type = '' } = event;
  if (type !== 'Normal' && type !== 'Warning') {
    at.child('type').invalid('', `has invalid value: ${type}`);
  }
  const unset = (field: string, isSet: boolean) => {
    if (isSet) at.child(field).invalid('', 'needs to be unset');
  };
  unset('firstTimestamp', Boolean(event.firstTimestamp));
  unset('lastTimestamp', Boolean(event.lastTimestamp));
  unset('count', Boolean(event.count));
  unset('source', Boolean(event.source?.component) || Boolean(event.source?.host));
}

const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
] as const;

const structs: Readonly<Record<string, string>> = {
  involvedObject: 'ObjectReference',
  related: 'ObjectReference',
  source: 'EventSource',
};

/** Structs as messages print them. */
function printed(field: string, value: unknown): unknown {
  const type = structs[field];
  return type === undefined || value === undefined ? value : asInternal(type, value);
}

function strictUpdate(event: Event, old: Event, at: Place): void {
  objectMetaUpdate(event.metadata, old.metadata, at.child('metadata'));
  if (!sameValue(event.series, old.series)) series(event, at);
  const stays = (field: string, value: unknown, before: unknown) => {
    if (!sameValue(value, before)) at.child(field).invalid(value ?? null, 'field is immutable');
  };
  for (const field of fixed) stays(field, printed(field, event[field]), printed(field, old[field]));
  stays('reportingController', event.reportingComponent, old.reportingComponent);
  stays('reportingInstance', event.reportingInstance, old.reportingInstance);
}

export const event = kindValidation<Event>({
  create: (object, at) => anyEvent(object, at, false),
  update: (object, _old, at) => anyEvent(object, at, false),
});

/** For requests to `events.k8s.io`, whose objects are converted to the core group's form first. */
export const strictEvent = kindValidation<Event>({
  create: (object, at) => {
    anyEvent(object, at, true);
    strictCreation(object, at);
  },
  update: (object, old, at) => {
    anyEvent(object, at, true);
    strictUpdate(object, old, at);
  },
});
