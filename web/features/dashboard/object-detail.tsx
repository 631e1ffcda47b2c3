import { Suspense, useMemo, useState, type ReactNode } from 'react';
import type { ObjectName, Resource, Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { pageClock } from '../../../engine/cluster/index.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { lazyPart } from '../../ui/lazy-part.ts';
import { messageOf } from '../../ui/message-of.ts';
import { Tabbed } from '../../ui/tabbed.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { PodInside } from '../look-inside/pod-inside.tsx';
import { Scheduling } from '../look-inside/scheduling.tsx';
import { useClient, useCluster } from './cluster-client.ts';
import type { Scope } from './follow-with.ts';
import {
  canRestart,
  canScale,
  applyEdit,
  restart,
  scale,
  type AnyObject,
} from './object-actions.ts';
import { ObjectTable } from './object-table.tsx';
import { relatedKinds, type KindGroup } from './kinds.ts';
import { PodExec } from './pod-exec.tsx';
import { PodLog } from './pod-log.tsx';
import { RelationsView } from './relations/relations-view.tsx';
import { ScaleForm } from './scale-form.tsx';
import { Unanswered } from './unanswered.tsx';
import { useObject } from './use-object.ts';
import styles from './dashboard.module.css';

const PortsView = lazyPart(async () => (await import('./ports-view.tsx')).PortsView);
const YamlEditor = lazyPart(async () => (await import('./yaml-editor.tsx')).YamlEditor);

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

interface Draft {
  readonly text: string;
  /** the object that was changed, as it was then */
  readonly of: Stored<AnyObject>;
}

/** One object: its YAML to read and to change, its relations and events, a Pod's log, and what can be done with it. */
export function ObjectDetail({ resource, name, groups, back, onBack, onOpen }: ObjectDetailProps) {
  const kinds = useMemo(() => relatedKinds(groups), [groups]);
  const { object, setObject, gone, problem: unseen } = useObject(resource, name);
  const client = useClient();
  const cluster = useCluster();
  const [part, setPart] = useState('yaml');
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState('');
  const [deleting, setDeleting] = useState(false);
  const [draft, setDraft] = useState<Draft>();
  const isPod = resource.kind === 'Pod' && resource.group === '';
  const hasPorts = isPod || (resource.kind === 'Service' && resource.group === '');
  const pod = isPod && object ? (object as Stored<Pod>) : undefined;
  const act = async (what: string, action: () => Promise<unknown>) => {
    setProblem(undefined);
    setDone('');
    try {
      await action();
      setDone(what);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const apply = async (sent: Draft) => {
    const of = await applyEdit(client, resource, sent.of, sent.text);
    setObject(of);
    // What was typed meanwhile stays.
    setDraft((now) => (now === undefined || now.text === sent.text ? undefined : { ...now, of }));
  };
  const parts = [
    { id: 'yaml', label: 'YAML' },
    { id: 'relations', label: 'Relations' },
    { id: 'events', label: 'Events' },
    ...(hasPorts ? [{ id: 'ports', label: 'Ports' }] : []),
    ...(isPod
      ? [
          { id: 'log', label: 'Log' },
          { id: 'exec', label: 'Exec' },
          { id: 'inside', label: 'Look inside' },
          { id: 'scheduling', label: 'Scheduling' },
        ]
      : []),
  ];
  const body: Readonly<Record<string, ReactNode>> = {
    yaml: object && (
      <Suspense fallback={<Waiting text="The editor is loading" />}>
        <YamlEditor
          object={object}
          draft={draft?.text}
          onDraft={(text) =>
            setDraft(text === undefined ? text : { text, of: draft?.of ?? object })
          }
          onApply={() => void (draft && act('Changed.', () => apply(draft)))}
        />
      </Suspense>
    ),
    relations: <RelationsView kinds={kinds} resource={resource} name={name} onOpen={onOpen} />,
    events: object && <ObjectTable resource={resources.events} scope={eventsOf(object)} />,
    ports: object && hasPorts && (
      <Suspense fallback={<Waiting text="The preview is loading" />}>
        <PortsView resource={resource} object={object} />
      </Suspense>
    ),
    log: pod && <PodLog pod={pod} />,
    exec: pod && <PodExec pod={pod} />,
    inside: pod && <PodInside cluster={cluster} pod={pod} />,
    scheduling: pod && (
      <Scheduling
        cluster={cluster}
        namespace={pod.metadata.namespace ?? ''}
        name={pod.metadata.name}
        version={pod.metadata.resourceVersion}
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
              <ScaleForm
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
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
      <Unanswered problem={unseen} isOld={object !== undefined}>
        <Tabbed
          label={`Parts of ${name.name}`}
          items={parts}
          selected={part}
          onSelect={setPart}
          className={styles['part']}
        >
          {object === undefined ? <Waiting text="Asking the API server" /> : body[part]}
        </Tabbed>
      </Unanswered>
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
