/**
 * Every lesson on a cluster: begun it is not done, its solutions do it step by step, and a reset undoes it. Lessons with as many nodes share
 * one cluster, which no other file has: they stop components and pull cables.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  startMachineCluster,
  type NodeMachineCluster,
} from '../../../engine/cluster/machine-cluster.node.ts';
import { ClusterGround } from '../../../lessons/cluster-ground.node.ts';
import { readLessons } from '../../../lessons/course.node.ts';
import { tryLesson } from '../../../lessons/try-lesson.node.ts';

interface Shared {
  readonly started: NodeMachineCluster;
  readonly ground: ClusterGround;
}

/** By number of nodes: begun when the first lesson asks for one. */
const shared = new Map<number, Promise<Shared>>();

function groundOf(nodes: number): Promise<Shared> {
  const starting = shared.get(nodes) ?? start(nodes);
  shared.set(nodes, starting);
  return starting;
}

async function start(nodes: number): Promise<Shared> {
  const started = await startMachineCluster({
    nodes,
    port: 0,
    hollow: 0,
    hollowReadyAfter: 0,
    onError: (error) => process.stderr.write(`cluster: ${String(error)}\n`),
  });
  return { started, ground: await ClusterGround.open(started.cluster) };
}

afterAll(async () => {
  for (const { started } of await Promise.all(shared.values())) await started.close();
});

describe.each(await readLessons('cluster'))('$name', (lesson) => {
  it('is done by its solutions, and a reset undoes it', async () => {
    const { environment } = lesson.lesson;
    const { ground } = await groundOf(environment.kind === 'cluster' ? environment.nodes : 0);
    const solved = await tryLesson(ground, lesson);
    expect(solved.toSorted()).toEqual(Object.keys(lesson.solutions).toSorted());
  });
});
