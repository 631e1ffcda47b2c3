import {
  matchesFields,
  parseFieldSelector,
  requiredValue,
} from '../../objects/selectors/field-selector.ts';
import { matchesLabels, parseLabelSelector } from '../../objects/selectors/label-selector.ts';
import { SelectorError } from '../../objects/selectors/selector-error.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { ApiObject } from './api-object.ts';
import { served, type StoredResource } from './served-resource.ts';

/** Which objects of a resource a request is about. */
export interface Selection {
  /** no selector at all: everything in the namespace */
  readonly everything: boolean;
  readonly matches: (stored: StoredObject) => boolean;
  /** the one namespace that the field selector allows; empty for any */
  readonly namespace: string;
}

function parsed<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

/** @param name from the path of a watch on one object; empty for none. Errors: `BadRequest`. */
export function makeSelection(
  resource: StoredResource,
  selectors: { readonly labelSelector: string; readonly fieldSelector: string },
  name: string,
): Selection {
  const labels = parsed(parseLabelSelector, selectors.labelSelector);
  const given = parsed(parseFieldSelector, selectors.fieldSelector);
  resource.fields.check(given.map(({ field }) => field));
  const named = requiredValue(given, 'metadata.name');
  if (name !== '' && given.length > 0 && named !== name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  const single = name === '' ? named : name;
  const fields = given.filter(
    ({ field, operator }) =>
      !(field === 'metadata.name' && operator === '=' && single !== undefined),
  );
  const suffix = single === undefined ? '' : `/${single}`;
  return {
    everything: labels.length === 0 && given.length === 0 && name === '',
    namespace: requiredValue(given, 'metadata.namespace') ?? '',
    matches: (stored) => {
      // A name is in the key; everything else needs the object.
      if (!stored.key.endsWith(suffix)) return false;
      const object = (): ApiObject => served(resource, stored);
      return (
        matchesFields(fields, (field) => resource.fields.readStored(stored, field, object)) &&
        (labels.length === 0 || matchesLabels(labels, object().metadata.labels))
      );
    },
  };
}
