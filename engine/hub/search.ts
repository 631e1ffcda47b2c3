import type { HubParts } from './hub.ts';

const PAGE = 25;
const LARGEST_PAGE = 100;

/** As `index.docker.io/v1/search` answers. Nobody gives stars here, so there are none. */
export interface SearchAnswer {
  readonly num_pages: number;
  readonly num_results: number;
  readonly page: number;
  readonly page_size: number;
  readonly query: string;
  readonly results: readonly SearchResult[];
}

interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
  readonly is_trusted: boolean;
}

/** Repositories whose name or description has the words of `q`, official ones first, better matches before others. */
export async function searchImages(
  { builtIn, repositories }: HubParts,
  parameters: URLSearchParams,
): Promise<SearchAnswer> {
  const query = parameters.get('q') ?? '';
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const size = Math.min(LARGEST_PAGE, positive(parameters.get('n')) ?? PAGE);
  const page = positive(parameters.get('page')) ?? 1;
  const official = [...(await builtIn.all()).values()].map(({ name, description }) =>
    result(name.replace(/^library\//, ''), description, true),
  );
  const pushed = repositories.names().map((name) => result(name, '', false));
  const rank = ({ name, is_official }: SearchResult): number =>
    (is_official ? 0 : 2) + (name === query || name.endsWith(`/${query}`) ? 0 : 1);
  const found = [...official, ...pushed]
    .filter(({ name, description }) =>
      words.every((word) => name.includes(word) || description.toLowerCase().includes(word)),
    )
    .toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return {
    num_pages: Math.ceil(found.length / size),
    num_results: found.length,
    page,
    page_size: size,
    query,
    results: found.slice((page - 1) * size, page * size),
  };
}

function result(name: string, description: string, isOfficial: boolean): SearchResult {
  return {
    name,
    description,
    star_count: 0,
    is_official: isOfficial,
    is_automated: false,
    is_trusted: false,
  };
}

function positive(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
