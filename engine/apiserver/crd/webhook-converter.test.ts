import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readAll } from '../../http/index.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { TestServer, type Answer } from '../testing/test-server.ts';

interface Review {
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly (ApiObject & { readonly spec: Readonly<Record<string, unknown>> })[];
  };
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const name = 'shirts.shop.example.com';
const path = (version: string): string =>
  `/apis/shop.example.com/${version}/namespaces/default/shirts`;

let server: TestServer;
let respond: (review: Review) => object;
let reviews: Review[];

/** In v1 the size is a text of two words, in v2 it has two fields. */
const convert = ({ request: { uid, desiredAPIVersion, objects } }: Review): object => ({
  uid,
  result: { status: 'Success' },
  convertedObjects: objects.map(({ spec, ...rest }) => {
    const [first, second] = String(spec['size']).split(' ');
    const split = desiredAPIVersion.endsWith('/v2');
    return {
      ...rest,
      apiVersion: desiredAPIVersion,
      spec: split
        ? { letter: first, cut: second }
        : { size: `${String(spec['letter'])} ${String(spec['cut'])}` },
    };
  }),
});

const outbound: Outbound = async (_peer, { body }) => {
  const review = JSON.parse(new TextDecoder().decode(await readAll(body))) as Review;
  reviews.push(review);
  const answer = { ...review, request: undefined, response: respond(review) };
  return {
    status: 200,
    headers: new Headers(),
    body: new TextEncoder().encode(JSON.stringify(answer)),
  };
};

beforeAll(async () => {
  respond = convert;
  reviews = [];
  server = await TestServer.start({ outbound });
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    },
  };
  const body = {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1',
    metadata: { name },
    spec: {
      group: 'shop.example.com',
      scope: 'Namespaced',
      names: { plural: 'shirts', singular: 'shirt', kind: 'Shirt' },
      versions: [
        { name: 'v1', served: true, storage: true, schema },
        { name: 'v2', served: true, storage: false, schema },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: ['v1'],
          clientConfig: { url: 'https://hooks.example.com/convert' },
        },
      },
    },
  };
  const { status } = await server.request('POST', DEFINITIONS, { body });
  expect(status).toBe(201);
  await vi.waitFor(async () => {
    const served = await server.request('GET', path('v2'));
    expect(served.status).toBe(200);
  }, 120_000);
});

beforeEach(() => {
  reviews = [];
  respond = convert;
});

afterAll(() => server.stop());

const shirt = (version: string, own: string, spec: object): object => ({
  kind: 'Shirt',
  apiVersion: `shop.example.com/${version}`,
  metadata: { name: own },
  spec,
});

const message = ({ body }: Answer): unknown => (body as { readonly message?: unknown }).message;

test('objects are converted from and to the version that is stored', async () => {
  await server.request('POST', path('v1'), { body: shirt('v1', 'a', { size: 'L slim' }) });
  const newer = await server.request('GET', `${path('v2')}/a`);
  expect(newer.body).toMatchObject({
    apiVersion: 'shop.example.com/v2',
    metadata: { name: 'a', namespace: 'default' },
    spec: { letter: 'L', cut: 'slim' },
  });
  expect(reviews.at(-1)).toMatchObject({
    kind: 'ConversionReview',
    apiVersion: 'apiextensions.k8s.io/v1',
    request: { desiredAPIVersion: 'shop.example.com/v2' },
  });
  await server.request('POST', path('v2'), {
    body: shirt('v2', 'b', { letter: 'S', cut: 'wide' }),
  });
  const older = await server.request('GET', `${path('v1')}/b`);
  expect(older.body).toMatchObject({ spec: { size: 'S wide' } });
});

test.for<readonly [string, (review: Review) => object, string]>([
  [
    'says what went wrong',
    ({ request: { uid } }) => ({ uid, result: { status: 'Failure', message: 'no idea' } }),
    'failed: no idea',
  ],
  [
    'answers another request',
    () => ({ uid: 'x', result: { status: 'Success' } }),
    'failed: expected response.uid=',
  ],
  [
    'loses objects',
    ({ request: { uid } }) => ({ uid, result: { status: 'Success' }, convertedObjects: [] }),
    'returned 0 objects, expected 1',
  ],
  [
    'renames objects',
    (review) => {
      const { convertedObjects, ...rest } = convert(review) as {
        readonly convertedObjects: readonly ApiObject[];
      };
      const metadata = { name: 'other' };
      return { ...rest, convertedObjects: convertedObjects.map((one) => ({ ...one, metadata })) };
    },
    'returned invalid converted object at index 0: must have the same name: c != other',
  ],
])('a webhook that %s fails the request', async ([, response, why]) => {
  respond = response;
  const body = shirt('v2', 'c', { letter: 'M', cut: 'slim' });
  const answered = await server.request('POST', path('v2'), { body });
  expect(answered.status).toBe(500);
  expect(message(answered)).toContain(
    `conversion webhook for shop.example.com/v2, Kind=Shirt ${why}`,
  );
});
