import { goQuote } from '../go-text.ts';
import { jsonEqual } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { isQualifiedName } from '../names.ts';
import type { CustomResource } from './custom-resource.ts';

type Content = KubernetesObject & { readonly status?: unknown };

/** What a client cannot set on a new custom resource: its generation, and a status that is a subresource. */
export function prepareCustomForCreate(
  resource: CustomResource,
  object: KubernetesObject,
): KubernetesObject {
  const content = hasStatus(resource) ? withoutStatus(object) : object;
  return { ...content, metadata: { ...content.metadata, generation: 1 } };
}

/** What a change through the resource or its `subresource` leaves as it was. */
export function prepareCustomForUpdate(
  resource: CustomResource,
  object: Content,
  old: Content,
  subresource: string,
): KubernetesObject {
  if (subresource === 'status') {
    const { managedFields: _, ...metadata } = old.metadata;
    const { managedFields } = object.metadata;
    const kept = {
      ...withoutStatus(old),
      metadata: managedFields === undefined ? metadata : { ...metadata, managedFields },
    };
    return withStatus(kept, object);
  }
  let content = object;
  if (hasStatus(resource)) {
    content = withStatus(withoutStatus(object), old);
  }
  const { metadata: _new, ...after } = content;
  const { metadata: _old, ...before } = old;
  if (jsonEqual(after, before)) return content;
  const generation = (old.metadata.generation ?? 0) + 1;
  return { ...content, metadata: { ...content.metadata, generation } };
}

function hasStatus({ subresources }: CustomResource): boolean {
  return subresources.some(({ name }) => name === 'status');
}

function withoutStatus(object: Content): KubernetesObject {
  const { status: _, ...rest } = object;
  return rest;
}

function withStatus(object: KubernetesObject, from: Content): Content {
  return 'status' in from ? { ...object, status: from.status } : object;
}

const standardFinalizers = ['orphan', 'foregroundDeletion', 'kubernetes'];

/** Finalizers that a write adds and that could collide with others'. */
export function customWarnings(object: KubernetesObject, old?: KubernetesObject): string[] {
  const before = new Set(old?.metadata.finalizers);
  const added = [...new Set(object.metadata.finalizers)].filter((name) => !before.has(name));
  return added.toSorted().flatMap((name) => {
    const found = [...isQualifiedName(name)];
    if (!name.includes('/') && !standardFinalizers.includes(name)) {
      const how = name.includes('.') ? ' including a path (/)' : '';
      found.push(
        `prefer a domain-qualified finalizer name${how} to avoid accidental conflicts with other finalizer writers`,
      );
    }
    return found.map((message) => `metadata.finalizers: ${goQuote(name)}: ${message}`);
  });
}
