import { stringify } from 'yaml';
import type { Client } from '../../../engine/client/client.ts';
import { discover } from '../../../engine/client/discovery.ts';
import type { Resource } from '../../../engine/client/resource.ts';
import { reasonOf } from '../../../engine/client/response-failure.ts';
import {
  formatApiVersion,
  type KubernetesObject,
} from '../../../engine/objects/kubernetes-object.ts';

import { objectsIn } from './manifest-text.ts';

/** Fields of metadata that say nothing of what somebody wants. */
const CHANGING = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp'];

const MANAGER = 'drydock-editor';

/** What applying an object would do. */
export interface PlannedObject {
  readonly resource: Resource<KubernetesObject>;
  /** as the text has it, with its namespace */
  readonly object: KubernetesObject;
  /** as kubectl calls it: `deployment.apps/web` */
  readonly title: string;
  readonly change: 'created' | 'configured' | 'unchanged';
  /** YAML of the object there is; empty when there is none */
  readonly before: string;
  /** YAML of the object there would be */
  readonly after: string;
}

/** Asks the API server what applying the text would change. @throws Error why it cannot be applied, in its words */
export async function planApply(client: Client, text: string): Promise<readonly PlannedObject[]> {
  const objects = objectsIn(text);
  if (objects.length === 0) throw new Error('There is no object in this file.');
  const { resources } = await discover(client);
  const planned: PlannedObject[] = [];
  for (const given of objects) {
    const resource = resources.find(
      (each) => formatApiVersion(each) === given.apiVersion && each.kind === given.kind,
    );
    if (resource === undefined)
      throw new Error(
        `The cluster has no kind ${given.kind} in ${given.apiVersion}. Is a CustomResourceDefinition to be applied first?`,
      );
    const object = inNamespace(given, resource);
    const before = await found(client.get(resource, object.metadata));
    const after = await found(
      client.apply(resource, object, { ...how, dryRun: true }),
      // Its namespace is made by the same text, a step earlier.
      () =>
        planned.some(
          ({ resource: { kind }, object: { metadata } }) =>
            kind === 'Namespace' && metadata.name === object.metadata.namespace,
        ),
    );
    const texts = {
      before: before === undefined ? '' : toText(before),
      after: toText(after ?? object),
    };
    planned.push({
      resource,
      object,
      title: titleOf(resource, object),
      change:
        before === undefined
          ? 'created'
          : texts.before === texts.after
            ? 'unchanged'
            : 'configured',
      ...texts,
    });
  }
  return planned;
}

/** Applies what was planned, one after another. @throws Error with what was done before it, and why it did not go on */
export async function applyPlan(client: Client, plan: readonly PlannedObject[]): Promise<void> {
  const done: string[] = [];
  for (const { resource, object, title } of plan) {
    try {
      await client.apply(resource, object, how);
    } catch (error) {
      const before = done.length === 0 ? '' : ` Applied before it: ${done.join(', ')}.`;
      throw new Error(`${title}: ${(error as Error).message}.${before}`, { cause: error });
    }
    done.push(title);
  }
}

/** The one who types is right about the fields that the text has. */
const how = { fieldManager: MANAGER, force: true, fieldValidation: 'Strict' } as const;

function inNamespace(
  object: KubernetesObject,
  { namespaced }: Resource<KubernetesObject>,
): KubernetesObject {
  const { namespace = 'default', ...metadata } = object.metadata;
  return { ...object, metadata: namespaced ? { ...metadata, namespace } : metadata };
}

const titleOf = (
  { group, kind }: Resource<KubernetesObject>,
  { metadata }: KubernetesObject,
): string => `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${metadata.name}`;

/** Undefined where there is nothing of this name. */
async function found<T>(asking: Promise<T>, mayBeMissing = () => true): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (reasonOf(error) === 'NotFound' && mayBeMissing()) return undefined;
    throw error;
  }
}

/** Without what every write changes, and without status. */
function toText(object: KubernetesObject): string {
  const shown: Record<string, unknown> = { ...object, metadata: { ...object.metadata } };
  delete shown['status'];
  for (const field of CHANGING) delete (shown['metadata'] as Record<string, unknown>)[field];
  return stringify(shown);
}
