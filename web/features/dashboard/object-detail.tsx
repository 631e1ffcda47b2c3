import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import type { ObjectName, Resource, Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { pageClock } from '../../../engine/cluster/index.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Tabbed } from '../../ui/tabbed.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { PodInside } from '../look-inside/pod-inside.tsx';
import { Scheduling } from '../look-inside/scheduling.tsx';
import { useClient, useCluster } from './cluster-client.ts';
import { follow, type Scope } from './follow.ts';
import {
  canRestart,
  canScale,
  replaceWithYaml,
  restart,
  scale,
  toYaml,
  type AnyObject,
} from './object-actions.ts';
import { ObjectTable } from './object-table.tsx';
import { relatedKinds, type KindGroup } from './kinds.ts';
import { PodLog } from './pod-log.tsx';
import { RelationsView } from './relations/relations-view.tsx';
import styles from './dashboard.module.css';

export interface ObjectDetailProps {
  readonly resource: Resource<AnyObject>;
  readonly name: ObjectName;
  /** what is served */
  readonly groups: readonly KindGroup[];
  /** where `onBack` leads */
  readonly back: string;
  readonly onBack: () => void;
  readonly onOpen: (resource: Resource<AnyObject>, name: ObjectName) => void;
}

/** One object: its YAML to read and to change, its relations and events, a Pod's log, and what can be done with it. */
export function ObjectDetail({ resource, name, groups, back, onBack, onOpen }: ObjectDetailProps) {
  const kinds = useMemo(() => relatedKinds(groups), [groups]);
  const { object, gone, problem: unseen } = useObject(resource, name);
  const client = useClient();
  const cluster = useCluster();
  const [part, setPart] = useState('yaml');
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState('');
  const [deleting, setDeleting] = useState(false);
  const isPod = resource.kind === 'Pod';
  const act = async (what: string, action: () => Promise<void>) => {
    setProblem(undefined);
    setDone('');
    try {
      await action();
      setDone(what);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const parts = [
    { id: 'yaml', label: 'YAML' },
    { id: 'relations', label: 'Relations' },
    { id: 'events', label: 'Events' },
    ...(isPod
      ? [
          { id: 'log', label: 'Log' },
          { id: 'inside', label: 'Look inside' },
          { id: 'scheduling', label: 'Scheduling' },
        ]
      : []),
  ];
  const body: Readonly<Record<string, ReactNode>> = {
    yaml: object && (
      <YamlEditor
        object={object}
        onApply={(text) => act('Changed.', () => replaceWithYaml(client, resource, name, text))}
      />
    ),
    relations: <RelationsView kinds={kinds} resource={resource} name={name} onOpen={onOpen} />,
    events: object && <ObjectTable resource={resources.events} scope={eventsOf(object)} />,
    log: object && isPod && <PodLog pod={object} />,
    inside: object && isPod && <PodInside cluster={cluster} pod={object as Stored<Pod>} />,
    scheduling: object && isPod && (
      <Scheduling
        cluster={cluster}
        namespace={object.metadata.namespace ?? ''}
        name={object.metadata.name}
        version={object.metadata.resourceVersion}
      />
    ),
  };
  return (
    <div className={styles['detail']}>
      <div className={styles['head']}>
        <IconButton icon="back" label={`Back to ${back}`} onClick={onBack} />
        <h3>
          {resource.kind} {name.name}
          {name.namespace !== undefined && <small> in {name.namespace}</small>}
        </h3>
        {object && !gone && (
          <div className={styles['actions']}>
            {canScale(resource) && (
              <Scale
                replicas={object.spec?.replicas ?? 1}
                onScale={(replicas) =>
                  act(`Scaled to ${replicas}.`, () => scale(client, resource, name, replicas))
                }
              />
            )}
            {canRestart(resource) && (
              <Button
                small
                icon="reload"
                onClick={() =>
                  void act('Restarting: its Pods are made anew.', () =>
                    restart(client, resource, name, new Date(pageClock.now()).toISOString()),
                  )
                }
              >
                Restart
              </Button>
            )}
            <Button small icon="trash" variant="danger" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          </div>
        )}
      </div>
      <p role="status" className={styles['count']}>
        {gone ? 'It was deleted. This is how it was last.' : done}
      </p>
      {(problem ?? unseen) !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem ?? unseen}
        </p>
      )}
      <Tabbed
        label={`Parts of ${name.name}`}
        items={parts}
        selected={part}
        onSelect={setPart}
        className={styles['part']}
      >
        {object === undefined ? <Waiting text="Asking the API server" /> : body[part]}
      </Tabbed>
      {deleting && (
        <Confirm
          title={`Delete ${resource.kind} ${name.name}?`}
          keep="Keep it"
          action="Delete"
          icon="trash"
          onClose={() => setDeleting(false)}
          onConfirm={() => void act('Asked to be deleted.', () => client.delete(resource, name))}
        >
          <p>What it owns is deleted with it. Nobody can undo this.</p>
        </Confirm>
      )}
    </div>
  );
}

function eventsOf({ metadata }: Stored<AnyObject>): Scope {
  return {
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    fieldSelector: `involvedObject.uid=${metadata.uid}`,
  };
}

/** The object as it is now, or was last. */
function useObject(resource: Resource<AnyObject>, { name, namespace }: ObjectName) {
  const client = useClient();
  const [object, setObject] = useState<Stored<AnyObject>>();
  const [gone, setGone] = useState(false);
  const [problem, setProblem] = useState<string>();
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
  return { object, gone, problem };
}

interface YamlEditorProps {
  readonly object: Stored<AnyObject>;
  readonly onApply: (text: string) => Promise<void>;
}

/** Follows the object until somebody types, and then keeps what was typed. */
function YamlEditor({ object, onApply }: YamlEditorProps) {
  const [draft, setDraft] = useState<string>();
  const id = useId();
  return (
    <>
      <div className={styles['actions']}>
        <label htmlFor={id}>
          {draft === undefined ? 'As the API server has it' : 'Changed here'}
        </label>
        <Button
          small
          variant="primary"
          disabled={draft === undefined}
          onClick={() => void onApply(draft ?? '').then(() => setDraft(undefined))}
        >
          Apply
        </Button>
        <Button small disabled={draft === undefined} onClick={() => setDraft(undefined)}>
          Discard
        </Button>
      </div>
      <textarea
        id={id}
        className={styles['yaml']}
        spellCheck={false}
        value={draft ?? toYaml(object)}
        onChange={({ target }) => setDraft(target.value)}
      />
    </>
  );
}

function Scale({
  replicas,
  onScale,
}: {
  readonly replicas: number;
  readonly onScale: (replicas: number) => Promise<void>;
}) {
  const [wanted, setWanted] = useState<number>();
  const id = useId();
  return (
    <span className={styles['scale']}>
      <label htmlFor={id}>Replicas</label>
      <input
        id={id}
        type="number"
        min={0}
        max={100}
        value={wanted ?? replicas}
        onChange={({ target }) => setWanted(target.valueAsNumber)}
      />
      <Button
        small
        disabled={wanted === undefined || Number.isNaN(wanted) || wanted === replicas}
        onClick={() => void onScale(wanted ?? replicas).then(() => setWanted(undefined))}
      >
        Scale
      </Button>
    </span>
  );
}
