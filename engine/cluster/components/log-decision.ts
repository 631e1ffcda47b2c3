import type { DecisionSummary } from '../../api/scheduler.ts';
import type { ComponentLog } from '../component-log.ts';

/** Writes decisions of a scheduler as upstream's does with `-v=3`. */
export function logDecision(log: ComponentLog): (decision: DecisionSummary) => void {
  return ({ namespace, name, outcome, nodeName, message }) => {
    const pod = JSON.stringify(`${namespace}/${name}`);
    if (outcome === 'scheduled')
      log.info(`"Successfully bound pod to node" pod=${pod} node=${JSON.stringify(nodeName)}`);
    else if (outcome === 'unschedulable')
      log.info(
        `"Unable to schedule pod; no fit; waiting" pod=${pod} err=${JSON.stringify(message)}`,
      );
    else
      log.error(
        new Error(`"Error scheduling pod; retrying" pod=${pod} err=${JSON.stringify(message)}`),
      );
  };
}
