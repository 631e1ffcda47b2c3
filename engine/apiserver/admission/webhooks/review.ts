import { goQuote } from '../../../objects/go-text.ts';
import { isJsonObject, type JsonObject } from '../../../objects/json-value.ts';
import type { Status } from '../../../objects/status/status.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import type { Attributes } from '../admission.ts';
import { admissionRequest } from '../expressions/expression-input.ts';
import type { Match } from '../matching/request-matcher.ts';

/** A webhook's answer, of any version of the API. */
export interface ReviewAnswer {
  readonly allowed: boolean;
  readonly auditAnnotations: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly result: Partial<Status> | undefined;
  /** text of a patch; empty: nothing to change */
  readonly patch: string;
  readonly patchType: string;
}

const VERSIONS = ['v1', 'v1beta1'] as const;
export type ReviewVersion = (typeof VERSIONS)[number];

/** The first version that the webhook takes and we know. Throws an `Error` if there is none. */
export function reviewVersion(accepted: readonly string[]): ReviewVersion {
  for (const version of accepted) {
    const known = VERSIONS.find((one) => one === version);
    if (known !== undefined) return known;
  }
  throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
}

/** `AdmissionReview` of admission.k8s.io with a request. */
export function reviewOf(
  version: ReviewVersion,
  uid: string,
  attributes: Attributes,
  match: Match,
  { object, old }: { readonly object: ApiObject | undefined; readonly old: ApiObject | undefined },
): JsonObject {
  const { dryRun, ...request } = admissionRequest(attributes, match);
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...request,
      object: object ?? null,
      oldObject: old ?? null,
      dryRun,
      options: attributes.options,
    },
  };
}

const REVIEW = 'AdmissionReview';

/** What a client of Go says when a body is no object. */
const notAnObject = (value: unknown): string =>
  `couldn't get version/kind; json parse error: json: cannot unmarshal ${
    Array.isArray(value) ? 'array' : typeof value
  } into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;

/** The review in a response's body. Throws an `Error` in the words of client-go. */
export function readReview(text: string, version: ReviewVersion): JsonObject {
  if (text === '')
    throw new Error('0-length response with status code: 200 and content type: application/json');
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch {
    // Go would read it as YAML, in which nearly everything is a text.
    review = text;
  }
  if (!isJsonObject(review)) throw new Error(notAnObject(review));
  const { kind = '', apiVersion = '' } = review;
  const expected = `admission.k8s.io/${version}`;
  if (kind === REVIEW && VERSIONS.some((one) => apiVersion === `admission.k8s.io/${one}`)) {
    if (apiVersion === expected) return review;
    const given = String(apiVersion).replace('admission.k8s.io/', '');
    throw new Error(
      `converting (${given}.AdmissionReview) to (${version}.AdmissionReview): unknown conversion`,
    );
  }
  // Without both it is taken for what was expected, and looked at later.
  if (kind === '' || apiVersion === '') return review;
  throw new Error(
    `no kind ${goQuote(String(kind))} is registered for version ${goQuote(String(apiVersion))} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

/** `group/version, Kind=kind` as Go prints it. */
function printKind({ apiVersion = '', kind = '' }: JsonObject): string {
  return `${apiVersion === '' ? '/' : String(apiVersion)}, Kind=${String(kind)}`;
}

/** Throws an `Error` that says why a webhook's response is none. */
export function readAnswer(
  review: JsonObject,
  uid: string,
  version: ReviewVersion,
  mutating: boolean,
): ReviewAnswer {
  const { response } = review;
  if (!isJsonObject(response)) throw new Error('webhook response was absent');
  const patch = atob(textOf(response['patch']));
  const patchType = response['patchType'];
  if (version === 'v1') {
    const given = textOf(response['uid']);
    if (given !== uid)
      throw new Error(`expected response.uid=${goQuote(uid)}, got ${goQuote(given)}`);
    const expected = { apiVersion: 'admission.k8s.io/v1', kind: REVIEW };
    if (review['kind'] !== REVIEW)
      throw new Error(
        `expected webhook response of ${printKind(expected)}, got ${printKind(review)}`,
      );
    checkPatch(patch, patchType, mutating);
  }
  return {
    allowed: response['allowed'] === true,
    auditAnnotations: mapOf(response['auditAnnotations']),
    warnings: listOf(response['warnings']),
    result: isJsonObject(response['status']) ? response['status'] : undefined,
    patch: mutating ? patch : '',
    patchType: version === 'v1beta1' ? 'JSONPatch' : textOf(patchType),
  };
}

function checkPatch(patch: string, patchType: unknown, mutating: boolean): void {
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch');
    if (patchType !== undefined)
      throw new Error('validating webhook may not return response.patchType');
  } else if (patch !== '' && patchType === undefined)
    throw new Error('webhook returned response.patch but not response.patchType');
  else if (patch === '' && patchType !== undefined)
    throw new Error('webhook returned response.patchType but not response.patch');
  else if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

const mapOf = (value: unknown): Readonly<Record<string, string>> =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, textOf(text)]))
    : {};
