import { useEffect, useState } from 'react';
import type { Client } from '../../../engine/client/client.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { DiffView } from '../editor/diff-view.tsx';
import { applyPlan, planApply, type PlannedObject } from './apply.ts';
import styles from './apply-dialog.module.css';

type Stage =
  | { readonly kind: 'asking' }
  | { readonly kind: 'planned'; readonly plan: readonly PlannedObject[] }
  | { readonly kind: 'applying'; readonly plan: readonly PlannedObject[] }
  | { readonly kind: 'applied'; readonly plan: readonly PlannedObject[] }
  | { readonly kind: 'failed'; readonly problem: string };

/** Shows what applying a manifest would change, and applies it when it is wanted. */
export function ApplyDialog({
  client,
  name,
  text,
  onClose,
}: {
  readonly client: Client;
  /** of the file */
  readonly name: string;
  readonly text: string;
  readonly onClose: () => void;
}) {
  const [stage, setStage] = useState<Stage>({ kind: 'asking' });
  useEffect(() => {
    let stopped = false;
    planApply(client, text).then(
      (plan) => stopped || setStage({ kind: 'planned', plan }),
      (error: unknown) => stopped || setStage({ kind: 'failed', problem: messageOf(error) }),
    );
    return () => void (stopped = true);
  }, [client, text]);

  const apply = async (plan: readonly PlannedObject[]) => {
    setStage({ kind: 'applying', plan });
    try {
      await applyPlan(client, plan);
      setStage({ kind: 'applied', plan });
    } catch (error) {
      setStage({ kind: 'failed', problem: messageOf(error) });
    }
  };

  const changes = 'plan' in stage ? stage.plan.filter(({ change }) => change !== 'unchanged') : [];
  const isPlanned = stage.kind === 'planned' && changes.length > 0;
  return (
    <Dialog
      wide={changes.length > 0}
      title={`Apply ${name}`}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            {isPlanned || stage.kind === 'asking' ? 'Cancel' : 'Close'}
          </Button>
          {(isPlanned || stage.kind === 'applying') && (
            <Button
              variant="primary"
              icon="play"
              disabled={stage.kind === 'applying'}
              onClick={() => void apply(stage.plan)}
            >
              Apply
            </Button>
          )}
        </>
      }
    >
      <div role="status">
        {stage.kind === 'asking' && <Waiting text="Asking the API server what would change" />}
        {stage.kind === 'applying' && <Waiting text="Applying" />}
        {'plan' in stage && (
          <ul className={styles['objects']}>
            {stage.plan.map(({ title, change }) => (
              <li key={title}>
                <code>{title}</code>{' '}
                {stage.kind === 'applied' || change === 'unchanged' ? change : `to be ${change}`}
              </li>
            ))}
          </ul>
        )}
        {stage.kind === 'planned' && changes.length === 0 && (
          <p>The cluster has all of this already.</p>
        )}
      </div>
      {stage.kind === 'failed' && (
        <p role="alert" className={styles['problem']}>
          {stage.problem}
        </p>
      )}
      {stage.kind !== 'applied' && changes.length > 0 && (
        <DiffView
          original={changes.map(({ before }) => before).join('---\n')}
          modified={changes.map(({ after }) => after).join('---\n')}
          language="yaml"
          originalLabel="In the cluster now"
          modifiedLabel="After applying"
        />
      )}
    </Dialog>
  );
}
