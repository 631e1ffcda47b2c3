/**
 * Every lesson on a cluster: begun it is not done, its solutions do it step by step, and a reset undoes it. Lessons with as many nodes share
 * one cluster, which no other file has: they stop components and pull cables.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { startMachineCluster } from '../../../engine/cluster/machine-cluster.node.ts';
import { ClusterGround } from '../../../lessons/cluster-ground.node.ts';
import { readLessons } from '../../../lessons/course.node.ts';
import { tryLesson } from '../../../lessons/try-lesson.node.ts';

/** By number of nodes: begun when the first lesson asks for one. */
const grounds = new Map<number, Promise<ClusterGround>>();
const closing: (() => Promise<void>)[] = [];

function groundOf(nodes: number): Promise<ClusterGround> {
  const starting = grounds.get(nodes) ?? start(nodes);
  grounds.set(nodes, starting);
  return starting;
}

async function start(nodes: number): Promise<ClusterGround> {
  const started = await startMachineCluster({
    nodes,
    port: 0,
    hollow: 0,
    hollowReadyAfter: 0,
    onError: (error) => process.stderr.write(`cluster: ${String(error)}\n`),
  });
  closing.push(() => started.close());
  return ClusterGround.open(started.cluster);
}

afterAll(async () => {
  for (const close of closing) await close();
});

describe.each(await readLessons('cluster'))('$name', (lesson) => {
  it('is done by its solutions, and a reset undoes it', async () => {
    const { environment } = lesson.lesson;
    const ground = await groundOf(environment.kind === 'cluster' ? environment.nodes : 0);
    const solved = await tryLesson(ground, lesson);
    expect(solved.toSorted()).toEqual(Object.keys(lesson.solutions).toSorted());
  });
});
