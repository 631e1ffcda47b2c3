import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9-]+$/, 'small letters, digits and hyphens only');

const otherMachine = z.strictObject({
  profile: z.enum(['docker', 'bare']),
  start: z.enum(['restore', 'cold']).default('restore'),
});

/** How a machine beside the lesson's own starts. */
export type OtherMachine = z.infer<typeof otherMachine>;

/** What a lesson needs. */
export type Environment =
  | {
      readonly kind: 'machine';
      readonly profile: 'docker';
      readonly others: Readonly<Record<string, OtherMachine>>;
    }
  | { readonly kind: 'cluster'; readonly nodes: number };

/** What a lesson says of itself, at the top of its `lesson.md`. */
export const frontMatter = z.strictObject({
  id: name.describe('never changes, also when the lesson moves: progress is kept under it'),
  title: z.string().min(1).max(80).describe('as the course lists it'),
  summary: z.string().min(1).max(240).describe('one or two sentences: what one does here'),
  objectives: z.array(z.string().min(1)).min(1).describe('what the learner can do afterwards'),
  minutes: z.number().int().min(1).max(60).describe('for somebody who does every task'),
  difficulty: z.enum(['first steps', 'some practice', 'deep']),
  needs: z.array(name).default([]).describe('ids of lessons that come first'),
  environment: z
    .strictObject({
      machine: z.enum(['docker']).optional(),
      others: z.record(name, otherMachine).default({}),
      cluster: z.strictObject({ nodes: z.number().int().min(1).max(3) }).optional(),
    })
    .transform(({ machine, others, cluster }, context): Environment => {
      if (machine !== undefined && cluster === undefined)
        return { kind: 'machine', profile: machine, others };
      if (cluster !== undefined && machine === undefined) return { kind: 'cluster', ...cluster };
      context.addIssue({ code: 'custom', message: 'write either “machine” or “cluster”' });
      return z.NEVER;
    })
    .describe(
      'what has to be there: “machine: docker”, or “cluster: { nodes: 3 }” with 1 to 3 machines of which the first is the control plane’s. “others” are machines beside the first one: the text has a button for each, ::: machine NAME',
    ),
  open: z.array(z.string()).default([]).describe('files that the editor shows, below /root/work'),
  reality: z
    .strictObject({
      real: z.string().optional(),
      ported: z.string().optional(),
      simulated: z.string().optional(),
    })
    .default({})
    .describe('which surfaces of this lesson are the real thing, ours, or a model'),
});

export type FrontMatter = z.infer<typeof frontMatter>;

/** What a module says of itself, in its `module.md`. */
export const moduleFrontMatter = z.strictObject({
  title: z.string().min(1).max(80).describe('as the course lists it'),
  summary: z.string().min(1).max(240).describe('one or two sentences: what its lessons are about'),
});

export type ModuleFrontMatter = z.infer<typeof moduleFrontMatter>;
