import { useEffect, useState } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Decision, NodeDecision } from '../../../engine/api/scheduler.ts';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { Table } from './look-bodies.tsx';
import styles from './look-inside.module.css';

export interface SchedulingProps {
  readonly cluster: ClusterFacade;
  readonly namespace: string;
  readonly name: string;
  /** changes when there may be another decision */
  readonly version: string;
}

/** Why a Pod has its node, or none: what each plugin said of each node. */
export function Scheduling({ cluster, namespace, name, version }: SchedulingProps) {
  const [decision, setDecision] = useState<Decision | 'forgotten'>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isOld = false;
    cluster.explain(namespace, name).then(
      (found) => {
        if (isOld) return;
        setDecision(found ?? 'forgotten');
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!isOld) setProblem(messageOf(error));
      },
    );
    return () => {
      isOld = true;
    };
  }, [cluster, namespace, name, version]);
  if (problem !== undefined)
    return (
      <p role="alert" className={styles['problem']}>
        The scheduler did not answer: {problem}
      </p>
    );
  if (decision === undefined) return <Waiting text="Asking the scheduler" />;
  if (decision === 'forgotten')
    return (
      <p>
        The scheduler knows of no decision about this Pod: it came to its node another way, as
        static Pods do, or before this scheduler began, or there is no scheduler now. Make the Pod
        anew to see a decision.
      </p>
    );
  return <Decided decision={decision} />;
}

function Decided({ decision }: { readonly decision: Decision }) {
  const { outcome, nodeName, message, attempt, schedulerName, refusedBy, scorers, nodes } =
    decision;
  return (
    <div className={styles['part']}>
      <p>
        {outcome === 'scheduled'
          ? `${schedulerName} gave it ${nodeName}, at attempt ${attempt}.`
          : `${schedulerName} found no node for it at attempt ${attempt}: ${message}`}
      </p>
      {refusedBy !== undefined && (
        <p>
          {refusedBy.plugin} refused it before any node was looked at:{' '}
          {refusedBy.reasons.join(', ')}
        </p>
      )}
      {decision.nominatedNodeName !== '' && (
        <p>Room is being made for it on {decision.nominatedNodeName}.</p>
      )}
      <Table
        label="Nodes and what filters said"
        heads={['Node', 'Verdict', 'Refused by', 'Total score']}
        rows={nodes.map((node) => [
          node.nodeName,
          VERDICTS[node.verdict],
          node.refusal === undefined
            ? ''
            : `${node.refusal.plugin}: ${node.refusal.reasons.join(', ')}`,
          node.scores.length === 0 ? '' : String(node.total),
        ])}
      />
      {nodes.some(({ scores }) => scores.length > 0) ? (
        <Table
          label="Scores"
          heads={['Plugin', 'Weight', ...scored(nodes).map(({ nodeName }) => nodeName)]}
          rows={scorers.map(({ plugin, weight }, index) => [
            plugin,
            String(weight),
            ...scored(nodes).map(({ scores }) => scoreWords(scores[index])),
          ])}
        />
      ) : (
        outcome === 'scheduled' && <p>Only one node was left, so there was nothing to score.</p>
      )}
    </div>
  );
}

const VERDICTS: Readonly<Record<NodeDecision['verdict'], string>> = {
  chosen: 'chosen',
  fits: 'fits',
  refused: 'refused',
  skipped: 'not looked at',
};

const scored = (nodes: readonly NodeDecision[]) => nodes.filter(({ scores }) => scores.length > 0);

/** What counts, and between brackets what it is made from. */
function scoreWords(score: NodeDecision['scores'][number] | undefined): string {
  return score === undefined ? '' : `${score.weighted} (${score.normalized} of 100)`;
}
