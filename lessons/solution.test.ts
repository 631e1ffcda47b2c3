import { expect, it } from 'vitest';
import { solutionParts } from './solution.ts';

it('has shells on several nodes, and buttons between them', () => {
  expect(
    solutionParts(`kubectl get nodes
# pull worker-1
# on worker-1
ls /
# just a remark
ls /tmp
# thaw worker-2
`),
  ).toEqual([
    { kind: 'shell', node: undefined, lines: 'kubectl get nodes' },
    { kind: 'button', button: 'pull', node: 'worker-1' },
    { kind: 'shell', node: 'worker-1', lines: 'ls /\n# just a remark\nls /tmp' },
    { kind: 'button', button: 'thaw', node: 'worker-2' },
  ]);
});
