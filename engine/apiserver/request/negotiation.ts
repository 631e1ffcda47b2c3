import {
  customFailure,
  notAcceptable,
  unsupportedMediaType,
} from '../../objects/status/status-error.ts';

/** Representations a response can have. */
export type Encoding = 'json' | 'yaml';

/** What the client wants to get (kube-apiserver's `MediaTypeOptions`). */
export interface OutputFormat {
  readonly encoding: Encoding;
  readonly pretty: boolean;
  /** another kind than the resource's own: `Table`, `PartialObjectMetadata`, … */
  readonly as?: { readonly group: string; readonly version: string; readonly kind: string };
  /** `watch`, or empty */
  readonly stream: string;
  readonly profile: string;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

const ENCODINGS: readonly (readonly [Encoding, string])[] = [
  ['json', 'json'],
  ['yaml', 'yaml'],
];

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** Upstream also writes protobuf. Every client that asks for it takes JSON as well. */
const OUTPUT_TYPES = ['application/json', 'application/yaml'];

function parseParameters(parts: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals === -1) continue;
    const value = part.slice(equals + 1).trim();
    parameters[part.slice(0, equals).trim().toLowerCase()] = value.replace(/^"(.*)"$/, '$1');
  }
  return parameters;
}

/** Clauses of an Accept header, best first (RFC 9110, section 12.5.1). */
export function parseAccept(header: string): readonly Clause[] {
  const clauses: Clause[] = [];
  for (const text of header.split(',')) {
    const [range = '', ...rest] = text.split(';');
    const [type = '', subtype = ''] = range.trim().toLowerCase().split('/');
    const { q, ...parameters } = parseParameters(rest);
    if (type === '') continue;
    clauses.push({
      type,
      subtype: subtype === '' && type === '*' ? '*' : subtype,
      parameters,
      quality: q === undefined || Number.isNaN(Number(q)) ? 1 : Number(q),
    });
  }
  const generality = ({ type, subtype }: Clause): number =>
    type === '*' ? 2 : subtype === '*' ? 1 : 0;
  return clauses.toSorted(
    (one, other) => other.quality - one.quality || generality(one) - generality(other),
  );
}

/** People's clients get indented JSON, as upstream decides by `pretty` and the user agent. */
function wantsPretty(headers: Headers, query: URLSearchParams): boolean {
  const asked = query.get('pretty');
  if (asked !== null && asked !== '') return ['1', 't', 'true'].includes(asked.toLowerCase());
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers.get('user-agent') ?? '');
}

export interface Restrictions {
  /** kinds (`as=`) this endpoint can turn its objects into */
  readonly transforms: readonly string[];
}

const META_VERSIONS = ['v1', 'v1beta1'];

function convertible(as: OutputFormat['as'], { transforms }: Restrictions): boolean {
  return (
    as === undefined ||
    (as.group === 'meta.k8s.io' &&
      META_VERSIONS.includes(as.version) &&
      transforms.includes(as.kind))
  );
}

/** Chooses what to answer with. Errors: `NotAcceptable`. */
export function negotiateOutput(
  headers: Headers,
  query: URLSearchParams,
  restrictions: Restrictions,
): OutputFormat {
  const pretty = wantsPretty(headers, query);
  const accept = headers.get('accept') ?? '';
  if (accept === '') return { encoding: 'json', pretty, stream: '', profile: '' };
  let known = false;
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    for (const [encoding, name] of ENCODINGS) {
      const matches =
        (type === 'application' && (subtype === name || subtype === '*')) ||
        (type === '*' && subtype === '*');
      if (!matches) continue;
      known = true;
      const { as: kind, g: group, v: version, stream = '', profile = '' } = parameters;
      const as =
        kind === undefined && group === undefined && version === undefined
          ? undefined
          : { group: group ?? '', version: version ?? '', kind: kind ?? '' };
      if (!convertible(as, restrictions)) continue;
      if (stream !== '' && (stream !== 'watch' || encoding === 'yaml')) continue;
      return {
        encoding,
        pretty: pretty || parameters['pretty'] === '1',
        stream,
        profile,
        ...(as === undefined ? {} : { as }),
      };
    }
  }
  const types = OUTPUT_TYPES.join(', ');
  if (known) throw notAcceptable(`only the following media types are accepted: ${types}`);
  throw customFailure(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${types}`,
    {},
  );
}

/** For watches: only JSON can be streamed. Errors: `NotAcceptable`. */
export function negotiateStream(
  headers: Headers,
  query: URLSearchParams,
  restrictions: Restrictions,
): OutputFormat {
  const format = negotiateOutput(headers, query, restrictions);
  if (format.encoding !== 'json')
    throw notAcceptable(
      'only the following media types are accepted: application/json;stream=watch',
    );
  return format;
}

/** Encodings a body can come in. */
export type InputEncoding = Encoding | 'protobuf';

/** The encoding of a request's body. Errors: `UnsupportedMediaType`. */
export function negotiateInput(headers: Headers): InputEncoding {
  const given = headers.get('content-type') ?? '';
  const mediaType = (given.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType === '' || mediaType === 'application/json') return 'json';
  if (mediaType === 'application/yaml') return 'yaml';
  if (mediaType === PROTOBUF) return 'protobuf';
  throw unsupportedMediaType([...OUTPUT_TYPES, PROTOBUF]);
}
