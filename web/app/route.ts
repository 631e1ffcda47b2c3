/** What an address of the app shows beside the machine, after its `#`. */
export type Page =
  | { readonly kind: 'home' }
  /** nothing: the machine has all the room */
  | { readonly kind: 'lab' }
  | { readonly kind: 'lesson'; readonly lesson: string; readonly step: string | undefined }
  | { readonly kind: 'glossary'; readonly term: string | undefined }
  /** what *real*, *ported* and *simulated* mean */
  | { readonly kind: 'labels' }
  /** somebody's files and step of a lesson, packed into the address */
  | { readonly kind: 'share'; readonly packed: string };

export type LessonPage = Extract<Page, { readonly kind: 'lesson' }>;

/** Where one is: a page, and the lesson that goes on behind it. */
export interface Route {
  readonly page: Page;
  readonly lesson: LessonPage | undefined;
}

const NAME = /^[a-z0-9-]+$/;

/** The page of an address such as `#/lesson/first-image/build-it`. What leads nowhere leads home. */
export function readPage(hash: string): Page {
  const [kind, first, second] = hash.replace(/^#\/?/, '').split('/');
  const name = first !== undefined && NAME.test(first) ? first : undefined;
  switch (kind) {
    case 'lab':
    case 'labels':
      return { kind };
    case 'glossary':
      return { kind, term: name };
    case 'lesson':
      return name === undefined
        ? { kind: 'home' }
        : {
            kind,
            lesson: name,
            step: second !== undefined && NAME.test(second) ? second : undefined,
          };
    case 'share':
      return { kind, packed: first ?? '' };
    default:
      return { kind: 'home' };
  }
}

/** The address of a page. */
export function addressOf(page: Page): string {
  switch (page.kind) {
    case 'home':
      return '#/';
    case 'lab':
    case 'labels':
      return `#/${page.kind}`;
    case 'glossary':
      return page.term === undefined ? '#/glossary' : `#/glossary/${page.term}`;
    case 'lesson':
      return `#/lesson/${page.lesson}${page.step === undefined ? '' : `/${page.step}`}`;
    case 'share':
      return `#/share/${page.packed}`;
  }
}

/** A lesson goes on behind other pages, until another one begins or it is left for the lab. */
export function goTo(before: Route | undefined, page: Page): Route {
  if (page.kind === 'lesson') return { page, lesson: page };
  return { page, lesson: page.kind === 'lab' ? undefined : before?.lesson };
}
