import type { StatusError } from '../../../objects/status/status-error.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import { inVersionOf, isStored } from '../../registry/served-resource.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from './request-matcher.ts';

/** The object and what it replaces, as a webhook or policy is shown them. */
export async function shownObjects(
  { object, old, resource, body }: Attributes,
  match: Match,
): Promise<{ readonly object: ApiObject | undefined; readonly old: ApiObject | undefined }> {
  const target = match.resource;
  if (target === resource || body !== undefined || !isStored(target)) return { object, old };
  const show = async (one: ApiObject | undefined): Promise<ApiObject | undefined> =>
    one === undefined ? undefined : inVersionOf(target, one);
  return { object: await show(object), old: await show(old) };
}

/**
 * The object of a request with a change made to what is shown of it, which may be its equal in another
 * version. Errors: `BadRequest` when the result is no object of the kind, and what `change` throws.
 */
export async function changeShown(
  attributes: Attributes,
  match: Match,
  change: (shown: ApiObject) => unknown,
): Promise<ApiObject> {
  const { object: shown } = await shownObjects(attributes, match);
  if (shown === undefined) throw new Error('There is no object to change.');
  const { resource, body } = attributes;
  const { kind } = body ?? match.resource;
  const bytes = new TextEncoder().encode(JSON.stringify(change(shown)));
  const { object } = await kind.decode(bytes, 'json', 'Ignore');
  const complete = kind.applyDefaults(object);
  if (body !== undefined || match.resource === resource || !isStored(resource)) return complete;
  return inVersionOf(resource, complete);
}

/** What Go says of a value that does not fit, without what a client is told of its body. */
export function decodeProblem({ message }: StatusError): string {
  return message.replace(/^.*? cannot be handled as an? \w+: /, '');
}
