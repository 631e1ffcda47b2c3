import { useEffect, useId, useMemo, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { discover } from '../../../engine/client/discovery.ts';
import type { Resource, ObjectName } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { Button } from '../../ui/button.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { ClientContext, ClusterContext, dashboardClient, useClient } from './cluster-client.ts';
import { follow } from './follow.ts';
import { groupKinds, kindKey, type KindGroup } from './kinds.ts';
import { ObjectDetail } from './object-detail.tsx';
import { ObjectTable } from './object-table.tsx';
import type { Problem } from './problem.ts';
import styles from './dashboard.module.css';

/** The objects of a cluster: found, looked at and changed. */
export function Dashboard({ cluster }: { readonly cluster: ClusterFacade }) {
  const client = useMemo(() => dashboardClient(cluster), [cluster]);
  return (
    <ClusterContext value={cluster}>
      <ClientContext value={client}>
        <Objects />
      </ClientContext>
    </ClusterContext>
  );
}

interface Opened {
  readonly resource: Resource<KubernetesObject>;
  readonly name: ObjectName;
}

function Objects() {
  const { groups, problem, retry } = useKinds();
  const namespaces = useNamespaces();
  const [kind, setKind] = useState('pods');
  const [namespace, setNamespace] = useState('default');
  const [search, setSearch] = useState('');
  /** one after the other, each led to by the one before */
  const [path, setPath] = useState<readonly Opened[]>([]);
  const ids = { kind: useId(), namespace: useId(), search: useId() };
  if (problem !== undefined)
    return (
      <div role="alert" className={styles['problem']}>
        <p>The API server did not say what it serves: {problem.words}</p>
        <Button icon="reload" onClick={retry}>
          Ask again
        </Button>
      </div>
    );
  if (groups === undefined) return <Waiting text="Asking the API server what it serves" />;
  const resource = groups
    .flatMap(({ kinds }) => kinds)
    .find((candidate) => kindKey(candidate) === kind);
  const open = (found: Resource<KubernetesObject>, name: ObjectName) =>
    setPath([...path, { resource: found, name }]);
  const [before, opened] = [path.at(-2), path.at(-1)];
  if (opened)
    return (
      <ObjectDetail
        key={`${kindKey(opened.resource)} ${opened.name.namespace}/${opened.name.name}`}
        groups={groups}
        resource={opened.resource}
        name={opened.name}
        back={before ? `${before.resource.kind} ${before.name.name}` : opened.resource.plural}
        onBack={() => setPath(path.slice(0, -1))}
        onOpen={open}
      />
    );
  return (
    <div className={styles['objects']}>
      <div className={styles['choice']}>
        <span className={styles['field']}>
          <label htmlFor={ids.kind}>Kind</label>
          <select id={ids.kind} value={kind} onChange={({ target }) => setKind(target.value)}>
            {groups.map(({ label, kinds }) => (
              <optgroup key={label} label={label}>
                {kinds.map((each) => (
                  <option key={kindKey(each)} value={kindKey(each)}>
                    {each.kind}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </span>
        <span className={styles['field']}>
          <label htmlFor={ids.namespace}>Namespace</label>
          <select
            id={ids.namespace}
            value={namespace}
            disabled={resource?.namespaced === false}
            onChange={({ target }) => setNamespace(target.value)}
          >
            <option value="">All</option>
            {[...new Set([...namespaces, namespace])]
              .filter((name) => name !== '')
              .map((name) => (
                <option key={name}>{name}</option>
              ))}
          </select>
        </span>
        <span className={styles['field']}>
          <label htmlFor={ids.search}>Search</label>
          <input
            id={ids.search}
            type="search"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
        </span>
      </div>
      {resource && (
        <ObjectTable
          resource={resource}
          scope={resource.namespaced && namespace !== '' ? { namespace } : {}}
          search={search}
          onOpen={({ object }) => open(resource, object.metadata)}
        />
      )}
    </div>
  );
}

/** What the API server serves, once it has said so; asked again when a definition of custom resources comes or goes. */
function useKinds() {
  const client = useClient();
  const [groups, setGroups] = useState<readonly KindGroup[]>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(
    () =>
      follow({
        client,
        resource: resources.customResourceDefinitions,
        scope: {},
        ask: async () => groupKinds((await discover(client)).resources),
        onAnswer: setGroups,
        onProblem: setProblem,
      }),
    [client, attempt],
  );
  const retry = () => {
    setProblem(undefined);
    setAttempt(attempt + 1);
  };
  return { groups, problem: groups === undefined ? problem : undefined, retry };
}

function useNamespaces(): readonly string[] {
  const client = useClient();
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(
    () =>
      follow({
        client,
        resource: resources.namespaces,
        scope: {},
        ask: (signal) => client.list(resources.namespaces, { signal }),
        onAnswer: ({ items }) => setNames(items.map(({ metadata }) => metadata.name)),
        // The list of objects says why the API server does not answer.
        onProblem: () => {},
      }),
    [client],
  );
  return names;
}
