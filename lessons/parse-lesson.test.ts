import { expect, it } from 'vitest';
import { parseGlossary } from './glossary.ts';
import { LessonError } from './lesson-error.ts';
import { picturesOf } from './lesson.ts';
import { parseLesson } from './parse-lesson.ts';

const FRONT = `---
id: sample
title: A sample
summary: Shows what a lesson may have.
objectives: [Read it]
minutes: 5
difficulty: first steps
environment: { machine: docker }
---
`;

const GLOSSARY = parseGlossary(
  `
pod: { name: Pod, words: [Pod, Pods], says: 'Containers that \`belong\` together.' }
static-pod: { name: Static Pod, words: [static Pod], says: One from a file., see: [pod] }
probe: { name: Probe, words: [probe], says: A question. }
object: { name: Object, words: [], says: A record. }
`,
  'glossary.yaml',
);

const parse = (body: string, front = FRONT) => parseLesson(front + body, 'lesson.md', GLOSSARY);

it('reads where another machine is started, and compared with a container', () => {
  const front = FRONT.replace(
    'machine: docker',
    'machine: docker, others: { vm: { profile: bare, start: cold } }',
  );
  const text = '## Step\n\n::: machine vm\n:::\n\n::: compare vm beside\n:::\n';
  expect(parse(text, front).steps[0]?.blocks).toEqual([
    { kind: 'machine', name: 'vm' },
    { kind: 'compare', machine: 'vm', container: 'beside' },
  ]);
  expect(() => parse(text)).toThrow('name a machine of “others”');
});

it('reads pictures, which are paragraphs of their own', () => {
  const lesson = parse(`
Before.

![Two boxes,
side by side.](two-boxes.svg)

## Step

![One box.](one-box.svg)

After.
`);
  expect(lesson.introduction).toEqual([
    { kind: 'prose', html: '<p>Before.</p>\n' },
    { kind: 'picture', file: 'two-boxes.svg', alternative: 'Two boxes, side by side.' },
  ]);
  expect(picturesOf(lesson)).toEqual(['two-boxes.svg', 'one-box.svg']);
  expect(() => parse('## Step\n\n![](one-box.svg)')).toThrow('say in words');
  expect(() => parse('## Step\n\n![A box.](https://elsewhere/box.png)')).toThrow('an SVG beside');
});

it('reads prose, code with what to do with it, tasks with hints, asides and questions', () => {
  const lesson = parse(`
Before the first step.

## Make it so

Some *prose*.

- a list

\`\`\`sh run
docker ps
\`\`\`

\`\`\`html save=site/index.html
<h1>Hi</h1>
\`\`\`

::: task made
It is **made**.
:::

::: hint
Look again.
:::

::: hint
Type this.
:::

::: aside Why?
Because.
:::

::: quiz why
Which one?
- [ ] This \`one\` — no, it is not.
- [x] That — yes.
:::
`);
  expect(lesson.introduction).toEqual([{ kind: 'prose', html: '<p>Before the first step.</p>\n' }]);
  expect(lesson.steps).toEqual([
    {
      id: 'make-it-so',
      title: 'Make it so',
      blocks: [
        {
          kind: 'prose',
          html: '<p>Some <em>prose</em>.</p>\n<ul>\n<li>a list</li>\n</ul>\n',
        },
        { kind: 'code', language: 'sh', text: 'docker ps', action: { kind: 'run' } },
        {
          kind: 'code',
          language: 'html',
          text: '<h1>Hi</h1>',
          action: { kind: 'save', path: 'site/index.html' },
        },
        {
          kind: 'task',
          id: 'made',
          html: '<p>It is <strong>made</strong>.</p>\n',
          hints: ['<p>Look again.</p>\n', '<p>Type this.</p>\n'],
        },
        { kind: 'aside', title: 'Why?', html: '<p>Because.</p>\n' },
        {
          kind: 'quiz',
          id: 'why',
          question: '<p>Which one?</p>\n',
          choices: [
            { html: 'This <code>one</code>', right: false, because: 'no, it is not.' },
            { html: 'That', right: true, because: 'yes.' },
          ],
        },
      ],
    },
  ]);
});

it('links the first use of a term in prose, and what an author has linked', () => {
  const lesson = parse(`
Probe a static Pod, then \`Pod\` and a Pod-like thing.

## A Pod

::: task made
The probe and the [thing](term:object).
:::

In *Pods*, a **probe** of Pods and of objects. Pods again.
`);
  expect(lesson.introduction[0]).toMatchObject({
    html:
      '<p><a href="#/glossary/probe" data-term="probe">Probe</a> a ' +
      '<a href="#/glossary/static-pod" data-term="static-pod">static Pod</a>, ' +
      'then <code>Pod</code> and a Pod-like thing.</p>\n',
  });
  expect(lesson.steps[0]?.blocks).toMatchObject([
    {
      html: '<p>The probe and the <a href="#/glossary/object" data-term="object">thing</a>.</p>\n',
    },
    {
      html:
        '<p>In <em>Pods</em>, a <strong>probe</strong> of <a href="#/glossary/pod" data-term="pod">Pods</a> ' +
        'and of objects. Pods again.</p>\n',
    },
  ]);
});

it('shows HTML as text: a lesson brings no scripts', () => {
  const [prose] = parse('## Step\n\n<script>alert(1)</script>\n').steps[0]?.blocks ?? [];
  expect(prose).toMatchObject({ html: expect.stringContaining('&lt;script&gt;') as string });
});

it.each([
  ['no front matter', '# A lesson\n', '', 'lesson.md:1: begin with front matter'],
  [
    'a wrong value',
    '## Step\n',
    FRONT.replace('minutes: 5', 'minutes: soon'),
    'lesson.md:6: minutes:',
  ],
  ['an unknown field', '## Step\n', FRONT.replace('minutes: 5', 'minutes: 5\nlength: 3'), 'length'],
  ['broken YAML', '## Step\n', FRONT.replace('[Read it]', '[Read it'), 'this is not YAML'],
  ['no step', 'Only prose.\n', FRONT, 'write at least one step'],
  [
    'a title in the text',
    '# Title\n',
    FRONT,
    'lesson.md:10: a lesson’s title is in its front matter',
  ],
  [
    'an unknown term',
    '## Step\n\nSome words\nand a [Pood](term:pood).\n',
    FRONT,
    'lesson.md:13: the glossary has no term “pood”',
  ],
  [
    'a hint without a task',
    '## Step\n\n::: hint\nx\n:::\n',
    FRONT,
    'lesson.md:12: a hint follows a task',
  ],
  ['a task without a name', '## Step\n\n::: task\nx\n:::\n', FRONT, 'name the task'],
  [
    'a name twice',
    '## Step\n\n::: task a\nx\n:::\n\n::: task a\ny\n:::\n',
    FRONT,
    '“a” is there already',
  ],
  [
    'a quiz without a right choice',
    '## S\n\n::: quiz q\nWhich?\n- [ ] a — b\n:::\n',
    FRONT,
    'mark the right choice',
  ],
  [
    'a choice without a reason',
    '## S\n\n::: quiz q\nWhich?\n- [x] a\n:::\n',
    FRONT,
    'write a choice as',
  ],
  [
    'an unknown action',
    '## Step\n\n```sh walk\nx\n```\n',
    FRONT,
    'write “run”, “run=NODE” or “save=PATH”',
  ],
])('refuses %s, and says where and what to write', (_, body, front, message) => {
  const attempt = () => parse(body, front);
  expect(attempt).toThrow(LessonError);
  expect(attempt).toThrow(message);
});
