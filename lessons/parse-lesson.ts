import MarkdownIt, { type Token } from 'markdown-it';
import container from 'markdown-it-container';
import { frontMatter, type FrontMatter } from './front-matter.ts';
import type { Glossary } from './glossary.ts';
import type { Block, Code, CodeAction, Lesson, Picture, Quiz, Step, Task } from './lesson.ts';
import { LessonError } from './lesson-error.ts';
import { parseFrontMatter } from './parse-front-matter.ts';
import { termLinks, type TermEnv } from './term-links.ts';

const CONTAINERS = ['task', 'hint', 'aside', 'quiz', 'machine', 'compare'] as const;
type Container = (typeof CONTAINERS)[number];

/** HTML inside Markdown stays text: what a lesson shows is only what Markdown can say. */
const markdownIt = new MarkdownIt({ html: false, typographer: false });
for (const name of CONTAINERS) markdownIt.use(container, name);
markdownIt.use(termLinks);

/**
 * Reads a `lesson.md`.
 * @param file for messages
 * @param glossary terms whose first use becomes a link
 * @throws LessonError
 */
export function parseLesson(text: string, file: string, glossary: Glossary): Lesson {
  const { data, markdown, offset } = parseFrontMatter(text, file, frontMatter);
  const terms: TermEnv = {
    glossary,
    fail: (line, message) => {
      throw new LessonError(file, offset + line + 1, message);
    },
  };
  const reader = new LessonReader(file, offset, data, markdownIt.parse(markdown, { ...terms }));
  const { introduction, steps } = reader.read();
  if (steps.length === 0)
    throw new LessonError(
      file,
      offset + 1,
      'write at least one step: a heading that begins with ##',
    );
  return { ...data, introduction, steps };
}

/** Goes through the tokens of a lesson once. */
class LessonReader {
  readonly #file: string;
  readonly #offset: number;
  readonly #front: FrontMatter;
  readonly #tokens: readonly Token[];
  readonly #introduction: Block[] = [];
  readonly #steps: { id: string; title: string; blocks: Block[] }[] = [];
  readonly #ids = new Set<string>();
  #at = 0;

  constructor(file: string, offset: number, front: FrontMatter, tokens: readonly Token[]) {
    this.#file = file;
    this.#offset = offset;
    this.#front = front;
    this.#tokens = tokens;
  }

  read(): { readonly introduction: readonly Block[]; readonly steps: readonly Step[] } {
    while (this.#at < this.#tokens.length) {
      const token = this.#token(this.#at);
      if (token.type === 'heading_open' && token.tag === 'h2') this.#heading(token);
      else if (token.type === 'heading_open' && token.tag === 'h1')
        throw this.#error(token, 'a lesson’s title is in its front matter: begin steps with ##');
      else if (token.type === 'fence') this.#add(this.#code(token));
      else if (this.#isPicture(this.#at)) this.#add(this.#picture());
      else {
        const name = CONTAINERS.find((one) => token.type === `container_${one}_open`);
        if (name === undefined) this.#prose();
        else this.#container(name, token);
      }
    }
    return { introduction: this.#introduction, steps: this.#steps };
  }

  #heading(token: Token): void {
    const title = this.#token(this.#at + 1).content;
    this.#steps.push({ id: this.#newId(idOf(title), token), title, blocks: [] });
    this.#at += 3;
  }

  /** Everything up to the next thing that is a block of its own. */
  #prose(): void {
    const from = this.#at;
    let depth = 0;
    do {
      depth += this.#token(this.#at).nesting;
      this.#at++;
    } while (this.#at < this.#tokens.length && (depth > 0 || this.#isProse(this.#at)));
    this.#add({ kind: 'prose', html: this.#render(from, this.#at) });
  }

  #isProse(at: number): boolean {
    const { type, tag } = this.#token(at);
    return (
      type !== 'fence' &&
      !type.startsWith('container_') &&
      !(type === 'heading_open' && (tag === 'h1' || tag === 'h2')) &&
      !this.#isPicture(at)
    );
  }

  /** A paragraph with nothing but an image. */
  #isPicture(at: number): boolean {
    const children = this.#tokens[at + 1]?.children ?? [];
    return (
      this.#token(at).type === 'paragraph_open' &&
      children.length === 1 &&
      children[0]?.type === 'image'
    );
  }

  #picture(): Picture {
    const paragraph = this.#token(this.#at);
    const image = this.#token(this.#at + 1).children?.[0];
    this.#at += 3;
    const file = String(image?.attrGet('src'));
    if (!/^[a-z0-9-]+\.svg$/.test(file))
      throw this.#error(paragraph, `a picture is an SVG beside lesson.md, not “${file}”`);
    const alternative = image?.content.replaceAll(/\s+/g, ' ') ?? '';
    if (alternative === '')
      throw this.#error(paragraph, 'say in words what the picture shows: ![words](picture.svg)');
    return { kind: 'picture', file, alternative };
  }

  #code(token: Token): Code {
    this.#at++;
    const [language = '', ...words] = token.info.trim().split(/\s+/);
    const action = words.length === 0 ? undefined : this.#action(words.join(' '), token);
    return {
      kind: 'code',
      language,
      text: token.content.replace(/\n$/, ''),
      ...(action === undefined ? {} : { action }),
    };
  }

  #action(text: string, token: Token): CodeAction {
    if (text === 'run') return { kind: 'run' };
    const node = /^run=(\S+)$/.exec(text)?.[1];
    if (node !== undefined) return { kind: 'run', node };
    const path = /^save=(\S+)$/.exec(text)?.[1];
    if (path === undefined)
      throw this.#error(
        token,
        `after the language write “run”, “run=NODE” or “save=PATH”, not “${text}”`,
      );
    return { kind: 'save', path };
  }

  #container(name: Container, open: Token): void {
    const from = this.#at + 1;
    const close = this.#tokens.findIndex(
      ({ type, level }, index) =>
        index >= from && type === `container_${name}_close` && level === open.level,
    );
    this.#at = close + 1;
    const argument = open.info.trim().slice(name.length).trim();
    switch (name) {
      case 'task':
        this.#add({
          kind: 'task',
          id: this.#newId(this.#named(argument, open, 'task'), open),
          html: this.#render(from, close),
          hints: [],
        });
        break;
      case 'hint':
        this.#hint(this.#render(from, close), open);
        break;
      case 'aside':
        this.#add({ kind: 'aside', title: argument, html: this.#render(from, close) });
        break;
      case 'machine':
        this.#add({ kind: 'machine', name: this.#otherMachine(argument, open) });
        break;
      case 'compare': {
        const [machine = '', container = ''] = argument.split(' ');
        this.#add({
          kind: 'compare',
          machine: this.#otherMachine(machine, open),
          container: this.#named(container, open, 'compare MACHINE'),
        });
        break;
      }
      case 'quiz':
        this.#add(this.#quiz(this.#named(argument, open, 'quiz'), from, close, open));
    }
  }

  /** Belongs to the task before it. */
  #hint(html: string, open: Token): void {
    const blocks = this.#steps.at(-1)?.blocks ?? [];
    const task = blocks.at(-1);
    if (task?.kind !== 'task') throw this.#error(open, 'a hint follows a task, or another hint');
    blocks[blocks.length - 1] = { ...task, hints: [...task.hints, html] } satisfies Task;
  }

  /** A paragraph, then a list: `[x] choice — because`, with `[ ]` for wrong ones. */
  #quiz(id: string, from: number, close: number, open: Token): Quiz {
    const list = this.#tokens.findIndex(
      ({ type }, index) => index >= from && index < close && type === 'bullet_list_open',
    );
    if (list === -1) throw this.#error(open, 'a quiz is a question and a list of choices');
    const choices = this.#tokens
      .slice(list, close)
      .filter(({ type }) => type === 'inline')
      .map((inline) => this.#choice(inline));
    if (!choices.some(({ right }) => right))
      throw this.#error(open, 'mark the right choice of a quiz with [x]');
    return {
      kind: 'quiz',
      id: this.#newId(id, open),
      question: this.#render(from, list),
      choices,
    };
  }

  #choice(inline: Token): Quiz['choices'][number] {
    const parts = /^\[([ x])\] ([^]+?) — ([^]+)$/.exec(inline.content);
    if (parts === null)
      throw this.#error(
        inline,
        'write a choice as “[ ] what it says — why it is wrong”, or with [x]',
      );
    const [, mark, text = '', because = ''] = parts;
    return {
      html: markdownIt.renderInline(text),
      right: mark === 'x',
      because: markdownIt.renderInline(because),
    };
  }

  #add(block: Block): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) step.blocks.push(block);
    else if (['prose', 'picture', 'aside'].includes(block.kind)) this.#introduction.push(block);
    else
      throw this.#error(
        this.#token(this.#at - 1),
        'before the first step there are only prose and pictures: put this below a heading ##',
      );
  }

  #otherMachine(name: string, open: Token): string {
    const { environment } = this.#front;
    if (environment.kind === 'machine' && name in environment.others) return name;
    throw this.#error(open, `name a machine of “others” in “environment”, not “${name}”`);
  }

  #named(argument: string, open: Token, what: string): string {
    if (!/^[a-z0-9-]+$/.test(argument))
      throw this.#error(open, `name the ${what}: “::: ${what} some-name”`);
    return argument;
  }

  #newId(id: string, token: Token): string {
    if (this.#ids.has(id))
      throw this.#error(token, `“${id}” is there already: choose another name`);
    this.#ids.add(id);
    return id;
  }

  #render(from: number, to: number): string {
    return markdownIt.renderer.render(this.#tokens.slice(from, to), markdownIt.options, {});
  }

  #token(index: number): Token {
    const token = this.#tokens[index];
    if (token === undefined) throw new RangeError(`no token ${index}`);
    return token;
  }

  #error(token: Token, message: string): LessonError {
    return new LessonError(this.#file, this.#offset + (token.map?.[0] ?? 0) + 1, message);
  }
}

function idOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
