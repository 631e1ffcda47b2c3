/** A lesson as it was read: prose with tasks, hints and questions in steps. HTML is what Markdown became; it has no scripts. */
import type { FrontMatter } from './front-matter.ts';

export interface Lesson extends FrontMatter {
  /** before the first step */
  readonly introduction: readonly Block[];
  readonly steps: readonly Step[];
}

export interface Step {
  /** made from the title; part of links */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'prose'; readonly html: string }
  | Picture
  /** starts a machine beside the lesson's own */
  | { readonly kind: 'machine'; readonly name: string }
  /** such a machine and a container of the lesson's own, measured side by side */
  | { readonly kind: 'compare'; readonly machine: string; readonly container: string }
  | Code
  | Task
  | { readonly kind: 'aside'; readonly title: string; readonly html: string }
  | Quiz;

/** An SVG beside the lesson's text. */
export interface Picture {
  readonly kind: 'picture';
  /** its name in the lesson's folder */
  readonly file: string;
  /** says in words all that it shows */
  readonly alternative: string;
}

/** What a code block offers to do with it. */
export type CodeAction =
  /** types it in the terminal of the lesson's machine, or of another node */
  | { readonly kind: 'run'; readonly node?: string }
  /** puts it into a file below /root/work, and opens that */
  | { readonly kind: 'save'; readonly path: string };

export interface Code {
  readonly kind: 'code';
  /** of the text; empty when unknown */
  readonly language: string;
  readonly text: string;
  /** beside copying, which is always offered */
  readonly action?: CodeAction;
}

export interface Task {
  readonly kind: 'task';
  /** of the check that tells when it is done */
  readonly id: string;
  readonly html: string;
  /** each says more than the one before */
  readonly hints: readonly string[];
}

export interface Quiz {
  readonly kind: 'quiz';
  readonly id: string;
  readonly question: string;
  readonly choices: readonly {
    readonly html: string;
    readonly right: boolean;
    /** why it is right or wrong */
    readonly because: string;
  }[];
}

/** Names of the files of all its pictures. */
export function picturesOf({ introduction, steps }: Lesson): readonly string[] {
  return [...introduction, ...steps.flatMap(({ blocks }) => blocks)].flatMap((block) =>
    block.kind === 'picture' ? [block.file] : [],
  );
}

export function tasksOf(step: Step): readonly Task[] {
  return step.blocks.filter((block) => block.kind === 'task');
}
