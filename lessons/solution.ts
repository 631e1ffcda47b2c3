/**
 * What solves a step: lines for a shell, and what a learner does in the cluster panel. A line `# on worker-1` leads to
 * the terminal of another node or machine; `# pull`, `# plug`, `# freeze`, `# thaw`, `# kill` and `# replace` with a node's name
 * do what the panel's buttons do.
 */
import type { ClusterFacade } from '../engine/api/cluster.ts';

export type SolutionPart =
  /** `node` is undefined where the lesson works anyway */
  | { readonly kind: 'shell'; readonly node: string | undefined; readonly lines: string }
  | { readonly kind: 'button'; readonly button: Button; readonly node: string };

const BUTTONS = ['pull', 'plug', 'freeze', 'thaw', 'kill', 'replace'] as const;
type Button = (typeof BUTTONS)[number];

const DIRECTIVE = new RegExp(`^# (on|${BUTTONS.join('|')}) ([a-z0-9-]+)$`);

/** In the order they are done. Parts of shells without lines are left out. */
export function solutionParts(text: string): readonly SolutionPart[] {
  const parts: SolutionPart[] = [];
  let node: string | undefined;
  let lines: string[] = [];
  const endShell = (): void => {
    if (lines.some((line) => line.trim() !== ''))
      parts.push({ kind: 'shell', node, lines: lines.join('\n') });
    lines = [];
  };
  for (const line of text.split('\n')) {
    const [, word, named] = DIRECTIVE.exec(line) ?? [];
    if (named === undefined) {
      lines.push(line);
      continue;
    }
    endShell();
    const button = BUTTONS.find((each) => each === word);
    if (button === undefined) node = named;
    else parts.push({ kind: 'button', button, node: named });
  }
  endShell();
  return parts;
}

/** As the panel does. */
export async function press(cluster: ClusterFacade, button: Button, node: string): Promise<void> {
  switch (button) {
    case 'pull':
      return cluster.setCable(node, false);
    case 'plug':
      return cluster.setCable(node, true);
    case 'freeze':
      return cluster.freeze(node);
    case 'thaw':
      return cluster.thaw(node);
    case 'kill':
      return cluster.kill(node);
    case 'replace':
      return cluster.replace(node);
  }
}
