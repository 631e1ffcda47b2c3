/**
 * Every lesson on a cluster: begun it is not done, its solutions do it step by step, and a reset undoes it. Lessons with as many nodes share
 * one cluster, which no other file has: they stop components and pull cables.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startMachineCluster,
  type NodeMachineCluster,
} from '../../../engine/cluster/machine-cluster.node.ts';
import { ClusterGround } from '../../../lessons/cluster-ground.node.ts';
import { readLessons, type LessonOnDisk } from '../../../lessons/course.node.ts';
import { tryLesson } from '../../../lessons/try-lesson.node.ts';

const sizeOf = ({ lesson: { environment } }: LessonOnDisk): number =>
  environment.kind === 'cluster' ? environment.nodes : 0;

const lessons = await readLessons('cluster');

describe.each([...new Set(lessons.map(sizeOf))])('on %i nodes', (size) => {
  let started: NodeMachineCluster;
  let ground: ClusterGround;
  beforeAll(async () => {
    started = await startMachineCluster({
      nodes: size,
      port: 0,
      hollow: 0,
      hollowReadyAfter: 0,
      onError: (error) => process.stderr.write(`cluster: ${String(error)}\n`),
    });
    ground = await ClusterGround.open(started.cluster);
  });
  afterAll(() => started.close());

  it.each(lessons.filter((lesson) => sizeOf(lesson) === size))('$name', async (lesson) => {
    const solved = await tryLesson(ground, lesson);
    expect(solved.toSorted()).toEqual(Object.keys(lesson.solutions).toSorted());
  });
});
