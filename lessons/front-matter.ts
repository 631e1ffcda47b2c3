import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9-]+$/, 'small letters, digits and hyphens only');

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
      machine: z.enum(['docker']).describe('profile of the machine that the lesson runs on'),
    })
    .describe('what has to be there'),
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
