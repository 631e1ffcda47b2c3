import type { MarkdownIt, StateCore, Token } from 'markdown-it';
import type { Glossary } from './glossary.ts';

/** What `markdownIt.parse` is given beside the text for terms to be linked. */
export interface TermEnv {
  readonly glossary: Glossary;
  /** throws an error for line `line` of the text, 0 for the first */
  readonly fail: (line: number, message: string) => never;
}

/** Where no term is linked by itself: there one reads a question, or what to do. */
const QUIET = /^container_(?:task|hint|quiz)_(open|close)$/;
const SCHEME = 'term:';

/**
 * Makes links of the terms of a glossary: of `[words](term:id)`, and of the first use of a term's words in prose when
 * no such link came before. In HTML they lead to the glossary's page, and have the term as `data-term`.
 */
export function termLinks(markdownIt: MarkdownIt): void {
  markdownIt.core.ruler.push('terms', (state) => {
    if ('glossary' in state.env) new TermLinker(state, state.env as unknown as TermEnv).run();
  });
  const { renderer } = markdownIt;
  renderer.rules['link_open'] = (tokens, index, options, _env, self) => {
    const href = String(tokens[index]?.attrGet('href'));
    if (href.startsWith(SCHEME)) {
      const id = href.slice(SCHEME.length);
      tokens[index]?.attrSet('href', `#/glossary/${id}`);
      tokens[index]?.attrSet('data-term', id);
    }
    return self.renderToken(tokens, index, options);
  };
}

/** Goes through a lesson's text once. */
class TermLinker {
  readonly #state: StateCore;
  readonly #env: TermEnv;
  /** terms that have a link */
  readonly #linked = new Set<string>();
  readonly #words: RegExp | undefined;
  readonly #termOf = new Map<string, string>();

  constructor(state: StateCore, env: TermEnv) {
    this.#state = state;
    this.#env = env;
    const words = [...env.glossary.values()].flatMap((term) =>
      term.words.flatMap(spellings).map((word) => [word, term.id] as const),
    );
    for (const [word, id] of words) this.#termOf.set(word, id);
    // The longest first: “static Pod” before “Pod”.
    const sorted = [...this.#termOf.keys()].toSorted((one, other) => other.length - one.length);
    const anyOf = sorted.map((word) => word.replaceAll('.', String.raw`\.`)).join('|');
    if (anyOf !== '')
      this.#words = new RegExp(String.raw`(?<![\w/.:@-])(?:${anyOf})(?![\w/:@-]|\.\w)`, 'g');
  }

  run(): void {
    const { tokens } = this.#state;
    for (const token of tokens) this.#noteLinks(token);
    let quiet = 0;
    let heading = false;
    for (const { type, children, ...token } of tokens) {
      const [, edge] = QUIET.exec(type) ?? [];
      if (edge !== undefined) quiet += edge === 'open' ? 1 : -1;
      else if (type === 'heading_open' || type === 'heading_close') heading = !heading;
      else if (type === 'inline' && children !== null && quiet === 0 && !heading)
        children.splice(0, children.length, ...this.#link(children, token.level));
    }
  }

  /** Links that the author has made. */
  #noteLinks({ children, map }: Token): void {
    let line = map?.[0] ?? 0;
    for (const child of children ?? []) {
      if (child.type === 'softbreak' || child.type === 'hardbreak') line++;
      const href = child.type === 'link_open' ? String(child.attrGet('href')) : '';
      if (!href.startsWith(SCHEME)) continue;
      const id = href.slice(SCHEME.length);
      if (!this.#env.glossary.has(id))
        this.#env.fail(line, `the glossary has no term “${id}”: add it to lessons/glossary.yaml`);
      this.#linked.add(id);
    }
  }

  #link(children: readonly Token[], level: number): Token[] {
    let depth = 0;
    return children.flatMap((child) => {
      // What is emphasised names a part of the page, such as *Cluster*.
      if (child.type === 'link_open' || child.type === 'em_open') depth++;
      else if (child.type === 'link_close' || child.type === 'em_close') depth--;
      return child.type === 'text' && depth === 0 ? this.#linkText(child, level) : [child];
    });
  }

  #linkText(token: Token, level: number): Token[] {
    const { content } = token;
    const parts: Token[] = [];
    let from = 0;
    for (const { 0: word, index } of this.#words === undefined
      ? []
      : content.matchAll(this.#words)) {
      const id = this.#termOf.get(word);
      if (id === undefined || this.#linked.has(id)) continue;
      this.#linked.add(id);
      parts.push(this.#text(content.slice(from, index)));
      const open = new this.#state.Token('link_open', 'a', 1);
      open.attrSet('href', SCHEME + id);
      open.level = level;
      parts.push(open, this.#text(word), new this.#state.Token('link_close', 'a', -1));
      from = index + word.length;
    }
    if (from === 0) return [token];
    return [...parts, this.#text(content.slice(from))];
  }

  #text(content: string): Token {
    const token = new this.#state.Token('text', '', 0);
    token.content = content;
    return token;
  }
}

/** Small letters may be a sentence's first word; what has capitals is written so everywhere. */
function spellings(word: string): readonly string[] {
  const small = word === word.toLowerCase() && !/^(?:kube|etcd|crun|runc|veth)/.test(word);
  return small ? [word, word[0]?.toUpperCase() + word.slice(1)] : [word];
}
