/** The authors' commands: `new` makes a lesson's folder, `check` goes through lessons on real machines. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openNodeLab } from '../../engine/cluster/node-lab.node.ts';
import { startMachineCluster } from '../../engine/cluster/machine-cluster.node.ts';
import { ClusterGround } from '../../lessons/cluster-ground.node.ts';
import { lessonNames, readLesson } from '../../lessons/course.node.ts';
import type { FrontMatter } from '../../lessons/front-matter.ts';
import { machineGround, tryLesson, type Ground } from '../../lessons/try-lesson.node.ts';

const lessons = path.resolve(import.meta.dirname, '../../lessons');

/** @param wanted parts of lessons' names; all lessons when there are none */
async function check(wanted: readonly string[]): Promise<void> {
  const all = await lessonNames();
  for (const part of wanted)
    if (!all.some((name) => name.includes(part)))
      throw new Error(`No lesson is called ${part}. There are: ${all.join(', ')}.`);
  const names = all.filter(
    (name) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  const grounds = new Grounds();
  try {
    for (const name of names) {
      console.log(name);
      const lesson = await readLesson(name);
      const ground = await grounds.for(lesson.lesson.environment);
      await tryLesson(ground, lesson, ({ step, solvedMs, seenMs }) =>
        console.log(
          `  ${step}: solved in ${Math.round(solvedMs)} ms, seen ${Math.round(seenMs)} ms later`,
        ),
      );
      console.log('  after a reset nothing is done: good');
    }
  } finally {
    await grounds.close();
  }
}

/** Where lessons are tried, made when the first one needs it: a lab, and a cluster for each number of nodes. */
class Grounds {
  readonly #made = new Map<number, Ground>();
  readonly #closers: (() => Promise<void>)[] = [];

  async for(environment: FrontMatter['environment']): Promise<Ground> {
    const nodes = environment.kind === 'cluster' ? environment.nodes : 0;
    const ground =
      this.#made.get(nodes) ?? (await (nodes === 0 ? this.#lab() : this.#cluster(nodes)));
    this.#made.set(nodes, ground);
    return ground;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  async #lab(): Promise<Ground> {
    const storage = await mkdtemp(path.join(tmpdir(), 'drydock-lessons-'));
    this.#closers.push(() => rm(storage, { recursive: true }));
    const lab = openNodeLab(storage);
    this.#closers.push(() => lab.close());
    return machineGround(lab);
  }

  async #cluster(nodes: number): Promise<Ground> {
    const { cluster, close } = await startMachineCluster({
      nodes,
      port: 0,
      hollow: 0,
      hollowReadyAfter: 0,
      onError: (error) => console.error(`cluster: ${String(error)}`),
    });
    this.#closers.push(close);
    return ClusterGround.open(cluster);
  }
}

const LESSON = (id: string, environment: string) => `---
id: ${id}
title: A title
summary: What one does in this lesson, in a sentence or two.
objectives:
  - Say what can be done afterwards
minutes: 10
difficulty: first steps
environment:
  ${environment}
---

What this lesson is about.

## First step

Say what there is to know, then what to do.

\`\`\`sh run
touch ~/work/${id}/here
\`\`\`

::: task here
There is a file called \`here\`.
:::

::: hint
\`touch\` makes an empty file.
:::
`;

const CHECKS = (
  id: string,
) => `import { edge, passed, waiting, type Checks } from '../../checks.ts';

const FOLDER = '/root/work/${id}';

export const checks: Checks = {
  here: edge([{ kind: 'files', path: FOLDER }], async (world) =>
    (await world.list(FOLDER)).includes('here')
      ? passed('The file is there.')
      : waiting('There is no file called here yet.'),
  ),
};
`;

async function make(name: string | undefined): Promise<void> {
  const id = /^\d\d-[a-z-]+\/\d\d-([a-z0-9-]+)$/.exec(name ?? '')?.[1];
  if (name === undefined || id === undefined)
    throw new Error('Name the lesson as its folder: 01-containers/11-my-lesson.');
  const folder = path.join(lessons, name);
  await mkdir(path.join(folder, 'solution'), { recursive: true });
  const put = (file: string, text: string) =>
    writeFile(path.join(folder, file), text, { flag: 'wx' });
  const environment = name.startsWith('01-') ? 'machine: docker' : 'cluster: { nodes: 3 }';
  await put('lesson.md', LESSON(id, environment));
  await put('checks.ts', CHECKS(id));
  await put('solution/first-step.sh', `touch ~/work/${id}/here\n`);
  console.log(`lessons/${name} is there. npm run lesson:check -- ${id} tries it.`);
}

const [command, ...names] = process.argv.slice(2);
try {
  if (command === 'check') await check(names);
  else if (command === 'new') await make(names[0]);
  else throw new Error('Say what to do: new or check.');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit();
