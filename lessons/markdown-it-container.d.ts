declare module 'markdown-it-container' {
  import type MarkdownIt from 'markdown-it';

  /** Reads `::: name` … `:::` as tokens `container_<name>_open` and `container_<name>_close`. */
  export default function container(markdownIt: MarkdownIt, name: string): void;
}
