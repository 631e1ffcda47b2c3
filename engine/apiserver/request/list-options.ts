import { customFailure } from '../../objects/status/status-error.ts';
import { Place } from '../../objects/validation/place.ts';
import { refuseOptions } from './options.ts';
import type { Parameters } from './parameters.ts';

/** `ListOptions` of meta/v1, for lists, watches and deletions of collections. */
export interface ListOptions {
  /** text of a label selector */
  readonly labelSelector: string;
  /** text of a field selector */
  readonly fieldSelector: string;
  /** most items; 0 for all */
  readonly limit: number;
  readonly continue: string;
  /** empty: the newest there is; 0: whatever is at hand; else not older than this, or exactly it */
  readonly resourceVersion: string;
  readonly exact: boolean;
  readonly notOlderThan: boolean;
  /** watches: begin with what is there, and say when that is over */
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  /** seconds; 0: the server decides */
  readonly timeoutSeconds: number;
}

interface InitialEvents {
  readonly match: string;
  readonly initial: boolean | undefined;
}

/** A watch from no version begins with what is there, and is treated as if it had asked for that (`SetListOptionsDefaults`). */
function initialEvents(parameters: Parameters, watch: boolean): InitialEvents {
  const match = parameters.text('resourceVersionMatch');
  const version = parameters.text('resourceVersion');
  const initial = parameters.optionalFlag('sendInitialEvents');
  const silent = initial === undefined && match === '' && (version === '' || version === '0');
  return watch && silent ? { match: 'NotOlderThan', initial: true } : { match, initial };
}

function check(parameters: Parameters, watch: boolean, { match, initial }: InitialEvents): void {
  const place = Place.root();
  const version = parameters.text('resourceVersion');
  const at = place.child('resourceVersionMatch');
  if (watch) {
    if (initial !== undefined && match !== 'NotOlderThan')
      at.forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    if (match !== '') {
      if (initial === undefined)
        at.forbidden(
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        );
      if (match !== 'NotOlderThan') at.notSupported(match, ['NotOlderThan']);
    }
  } else {
    if (match !== '') {
      if (version === '')
        at.forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
      if (match !== 'Exact' && match !== 'NotOlderThan')
        at.notSupported(match, ['Exact', 'NotOlderThan', '']);
      if (match === 'Exact' && version === '0')
        at.forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
    if (initial !== undefined)
      place.child('sendInitialEvents').forbidden('sendInitialEvents is forbidden for list');
  }
  if (match !== '' && parameters.text('continue') !== '')
    at.forbidden('resourceVersionMatch is forbidden when continue is provided');
  refuseOptions('ListOptions', place.errors);
}

/** Errors: `BadRequest`, `Invalid`. */
export function parseListOptions(parameters: Parameters, watch: boolean): ListOptions {
  const limit = parameters.integer('limit') ?? 0;
  const timeoutSeconds = parameters.integer('timeoutSeconds') ?? 0;
  const events = initialEvents(parameters, watch);
  check(parameters, watch, events);
  const { match, initial } = events;
  return {
    labelSelector: parameters.text('labelSelector'),
    fieldSelector: parameters.text('fieldSelector'),
    limit: Math.max(0, limit),
    continue: parameters.text('continue'),
    resourceVersion: parameters.text('resourceVersion'),
    exact: match === 'Exact',
    notOlderThan: match === 'NotOlderThan',
    sendInitialEvents: initial,
    allowWatchBookmarks: parameters.flag('allowWatchBookmarks'),
    timeoutSeconds: Math.max(0, timeoutSeconds),
  };
}

/** A resource version as etcd's revision; 0 when there is none. Errors: upstream's 500 for what is none. */
export function parseResourceVersion(text: string): number {
  if (text === '' || text === '0') return 0;
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision))
    throw customFailure(
      500,
      '',
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`,
    );
  return revision;
}
