/** What goes before a definition does: all objects it describes (`crd_finalizer.go`). */
import { sleep, type Clock } from '../../base/clock.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { apiVersionOf, type StoredResource } from '../registry/served-resource.ts';
import {
  CLEANUP_FINALIZER,
  isTrue,
  withCondition,
  type Condition,
  type Definition,
} from './definition.ts';

/** Milliseconds between looks, and until the wait is given up. */
const LOOK_MS = 200;
const PATIENCE_MS = 60_000;

interface Cleanup {
  readonly definition: Definition;
  /** what it describes, in any version; undefined when it is not served */
  readonly resource: StoredResource | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** through all of the server, so that admission and finalizers have their say */
  readonly request: (method: string, path: string, body?: unknown) => Promise<ApiObject>;
  readonly save: (before: Definition, next: Definition) => Promise<Definition>;
}

class RemovalError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

function terminating(status: 'True' | 'False', reason: string, message: string): Condition {
  return { type: 'Terminating', status, reason, message };
}

/** Removes the objects of a definition, and then its finalizer. Errors: what stands in the way; then the definition says so. */
export async function cleanUp(work: Cleanup): Promise<void> {
  const { clock, save } = work;
  const begun = withCondition(
    work.definition,
    terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'),
    clock.now(),
  );
  const definition = await save(work.definition, begun);
  const done = (condition: Condition): Definition =>
    withCondition(definition, condition, clock.now());
  let result: Definition;
  if (isTrue(definition, 'Established') && work.resource !== undefined)
    try {
      await removeAll(work, work.resource);
      result = done(terminating('False', 'InstanceDeletionCompleted', 'removed all instances'));
    } catch (error) {
      if (!(error instanceof RemovalError)) throw error;
      await save(definition, done(terminating('True', error.reason, error.message)));
      throw error;
    }
  else result = done(terminating('False', 'NeverEstablished', 'resource was never established'));
  const { finalizers = [] } = result.metadata;
  await save(definition, {
    ...result,
    metadata: {
      ...result.metadata,
      finalizers: finalizers.filter((name) => name !== CLEANUP_FINALIZER),
    },
  });
}

async function removeAll(
  { request, clock, signal }: Cleanup,
  resource: StoredResource,
): Promise<void> {
  const { plural } = resource.definition;
  const root = `/apis/${apiVersionOf(resource)}`;
  const list = async (reason: string, what: string): Promise<readonly ApiObject[]> => {
    try {
      return ((await request('GET', `${root}/${plural}`))['items'] ?? []) as readonly ApiObject[];
    } catch (error) {
      throw new RemovalError(reason, `${what}: ${(error as Error).message}`);
    }
  };
  const objects = await list('InstanceDeletionFailed', 'could not list instances');
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace ?? ''));
  for (const namespace of namespaces) {
    const within = namespace === '' ? root : `${root}/namespaces/${namespace}`;
    try {
      await request('DELETE', `${within}/${plural}`);
    } catch (error) {
      const message = `could not issue all deletes: ${(error as Error).message}`;
      throw new RemovalError('InstanceDeletionFailed', message);
    }
  }
  const until = clock.monotonic() + PATIENCE_MS;
  const check = 'could not confirm zero CustomResources remaining';
  while ((await list('InstanceDeletionCheck', check)).length > 0) {
    if (clock.monotonic() >= until)
      throw new RemovalError('InstanceDeletionCheck', `${check}: context deadline exceeded`);
    await sleep(clock, LOOK_MS, signal);
  }
}
