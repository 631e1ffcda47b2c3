import type { TrafficObject } from '../../api/api-traffic.ts';
import { isJsonObject } from '../../objects/json-value.ts';
import type { Exchange } from '../request/exchange.ts';

type About = Partial<TrafficObject>;

/** Bytes of a response from which it is not read: no object that is followed is as large. */
const MOST = 256 * 1024;

/** What an object says of itself: its name, and whom it belongs to. */
export function aboutObject(object: unknown): About {
  if (!isJsonObject(object)) return {};
  const { kind, metadata } = object;
  if (kind === 'Status') return aboutStatus(object['details']);
  if (!isJsonObject(metadata)) return {};
  const { name, namespace, uid, ownerReferences } = metadata;
  const owners = Array.isArray(ownerReferences)
    ? ownerReferences.flatMap((owner) =>
        isJsonObject(owner) && typeof owner['uid'] === 'string' ? [owner['uid']] : [],
      )
    : [];
  // v1 has it as the first, events.k8s.io as the second.
  const subject = object['involvedObject'] ?? object['regarding'];
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(owners.length === 0 ? {} : { owners }),
    ...(isJsonObject(subject) && typeof subject['uid'] === 'string'
      ? { about: subject['uid'] }
      : {}),
  };
}

/** What the answer to a deletion says. */
function aboutStatus(details: unknown): About {
  const uid = isJsonObject(details) ? details['uid'] : undefined;
  return typeof uid === 'string' ? { uid } : {};
}

/** What a request was about, from its response, else from its body. */
export function aboutResponse({ info, response, object }: Exchange): About {
  if (info?.verb === 'list' || info?.verb === 'watch' || info?.verb === 'deletecollection')
    return {};
  const body = response !== undefined && 'body' in response ? response.body : null;
  const told = body instanceof Uint8Array && body.length <= MOST ? aboutObject(parse(body)) : {};
  if (told.uid !== undefined) return told;
  // The name of an object that was refused.
  const given = object instanceof Uint8Array ? parse(object) : object;
  const named = info?.subresource === '' ? aboutObject(given) : {};
  return info?.name === '' && named.name !== undefined ? { name: named.name } : {};
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
