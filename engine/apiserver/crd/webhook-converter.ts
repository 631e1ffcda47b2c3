import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import type { WebhookConversion } from '../../objects/generated/apiextensions-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isJsonObject, type JsonObject } from '../../objects/json-value.ts';
import type { WebhookCaller } from '../outbound/webhook-caller.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { newUid } from '../registry/create.ts';
import type { Converter } from './conversion.ts';

/** Seconds a webhook has to answer. */
const TIMEOUT = 30;
const VERSIONS = ['v1', 'v1beta1'];

/** `group/version, Kind=kind` as Go prints it. */
function kindOf({ apiVersion, kind }: ApiObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

/**
 * Strategy `Webhook`: a server of the definition's author converts objects between its versions.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
 */
export class WebhookConverter implements Converter {
  readonly #conversion: WebhookConversion;
  readonly #caller: WebhookCaller;
  readonly #random: Random;

  constructor(conversion: WebhookConversion, caller: WebhookCaller, random: Random) {
    this.#conversion = conversion;
    this.#caller = caller;
    this.#random = random;
  }

  /** Errors: an `Error` in upstream's words when the webhook cannot be asked, or answers badly. */
  async convert(objects: readonly ApiObject[], apiVersion: string): Promise<readonly ApiObject[]> {
    const others = objects.filter((object) => object.apiVersion !== apiVersion);
    const [first] = others;
    if (first === undefined) return objects;
    const failed = (why: string): Error =>
      new Error(`conversion webhook for ${kindOf(first)} ${why}`);
    let converted: readonly unknown[];
    try {
      converted = await this.#ask(others, apiVersion);
    } catch (error) {
      throw failed(`failed: ${messageOf(error)}`);
    }
    if (converted.length !== others.length)
      throw failed(`returned ${converted.length} objects, expected ${others.length}`);
    let next = 0;
    return objects.map((object) => {
      if (object.apiVersion === apiVersion) return object;
      const index = next++;
      const result = accepted(object, converted[index], apiVersion);
      if (typeof result !== 'string') return result;
      throw failed(`returned invalid converted object at index ${index}: ${result}`);
    });
  }

  async #ask(
    objects: readonly ApiObject[],
    desiredAPIVersion: string,
  ): Promise<readonly unknown[]> {
    const { clientConfig, conversionReviewVersions } = this.#conversion;
    const version = conversionReviewVersions.find((one) => VERSIONS.includes(one));
    if (clientConfig === undefined || version === undefined)
      throw new Error('no supported conversion review versions');
    const uid = newUid(this.#random);
    const apiVersion = `apiextensions.k8s.io/${version}`;
    const text = await this.#caller.post(clientConfig, TIMEOUT, {
      kind: 'ConversionReview',
      apiVersion,
      request: { uid, desiredAPIVersion, objects },
      response: { uid: '', convertedObjects: null, result: { metadata: {} } },
    });
    const review = JSON.parse(text) as unknown;
    return convertedObjects(isJsonObject(review) ? review : {}, uid, apiVersion);
  }
}

/** Errors: why the response is none, or what the webhook says went wrong. */
function convertedObjects(
  { kind = '', apiVersion = '', response }: JsonObject,
  uid: string,
  expected: string,
): readonly unknown[] {
  if (kind !== 'ConversionReview' || apiVersion !== expected) {
    const given = `${apiVersion === '' ? '/' : String(apiVersion)}, Kind=${String(kind)}`;
    throw new Error(
      `expected webhook response of ${expected}, Kind=ConversionReview, got ${given}`,
    );
  }
  if (!isJsonObject(response)) throw new Error('no response provided');
  const { uid: given = '', result, convertedObjects: objects } = response;
  if (given !== uid)
    throw new Error(`expected response.uid=${goQuote(uid)}, got ${goQuote(String(given))}`);
  const { status = '', message = '' } = isJsonObject(result) ? result : {};
  if (status !== 'Success')
    throw new Error(
      typeof message === 'string' && message !== ''
        ? message
        : `response.result.status was '${String(status)}', not 'Success'`,
    );
  return Array.isArray(objects) ? objects : [];
}

/** What a webhook made of an object: its metadata stays, but for labels and annotations. A text says why not. */
function accepted(original: ApiObject, converted: unknown, apiVersion: string): ApiObject | string {
  if (!isJsonObject(converted)) return 'it is no object';
  const { kind = '', metadata, apiVersion: version = '' } = converted;
  if (version !== apiVersion)
    return `invalid groupVersion (expected ${apiVersion}, received ${String(version)})`;
  if (kind !== original.kind)
    return `invalid kind (expected ${original.kind}, received ${String(kind)})`;
  if (!isJsonObject(metadata)) return 'missing metadata in converted object';
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const { [field]: had = '' } = original.metadata;
    const { [field]: has = '' } = metadata;
    const what = field === 'uid' ? 'UID' : field;
    if (had !== has) return `must have the same ${what}: ${had} != ${String(has)}`;
  }
  const { labels, annotations } = metadata;
  const { labels: _, annotations: __, ...kept } = original.metadata;
  return {
    ...converted,
    metadata: {
      ...kept,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  } as ApiObject;
}
