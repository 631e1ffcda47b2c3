import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isSameTemplate, withoutHash } from './replica-sets.ts';
import { annotationsBackTo, lastRevision, revisionOf, withoutRollback } from './revisions.ts';
import type { Rollout } from './rollout.ts';

/**
 * Takes the template of an earlier revision, as extensions/v1beta1 asks for it in an annotation. (Today
 * `kubectl rollout undo` writes the template itself.)
 * @param asked the revision; 0 is the last one
 */
export async function rollBack(
  rollout: Rollout,
  recorder: EventRecorder,
  asked: number,
): Promise<void> {
  const { deployment, all } = rollout;
  const warn = (reason: string, message: string): void =>
    recorder.event(deployment, 'Warning', reason, message);
  const revision = asked === 0 ? lastRevision(all) : asked;
  const target = all.find((replicaSet) => revisionOf(replicaSet) === revision);
  const name = goQuote(deployment.metadata.name);
  const template = target?.spec.template;
  if (revision === 0 || target === undefined || template === undefined) {
    const message =
      revision === 0
        ? 'Unable to find last revision.'
        : 'Unable to find the revision to rollback to.';
    warn('DeploymentRollbackRevisionNotFound', message);
    return rollout.writeDeployment(withoutRollback(deployment));
  }
  if (isSameTemplate(template, deployment.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment ${name}`;
    warn('DeploymentRollbackTemplateUnchanged', message);
    return rollout.writeDeployment(withoutRollback(deployment));
  }
  await rollout.writeDeployment(
    withoutRollback({
      ...deployment,
      metadata: { ...deployment.metadata, annotations: annotationsBackTo(deployment, target) },
      spec: { ...deployment.spec, template: withoutHash(template) },
    }),
  );
  const message = `Rolled back deployment ${name} to revision ${revision}`;
  recorder.event(deployment, 'Normal', 'DeploymentRollback', message);
}
