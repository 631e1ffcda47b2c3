import { useEffect, useState } from 'react';
import type { ObjectName, Resource, Stored } from '../../../engine/client/resource.ts';
import { useClient } from './cluster-client.ts';
import { follow } from './follow.ts';
import type { Scope } from './follow-with.ts';
import type { AnyObject } from './object-actions.ts';
import type { Problem } from './problem.ts';

/** The object as it is now, or was last. */
export function useObject(resource: Resource<AnyObject>, { name, namespace }: ObjectName) {
  const client = useClient();
  const [object, setObject] = useState<Stored<AnyObject>>();
  const [gone, setGone] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const scope: Scope = {
      ...(namespace !== undefined && { namespace }),
      fieldSelector: `metadata.name=${name}`,
    };
    return follow({
      client,
      resource,
      scope,
      ask: (signal) => client.list(resource, { ...scope, signal }),
      onAnswer: ({ items: [found] }) => {
        if (found) setObject(found);
        setGone(found === undefined);
      },
      onProblem: setProblem,
    });
  }, [client, resource, name, namespace]);
  return { object, setObject, gone, problem };
}
