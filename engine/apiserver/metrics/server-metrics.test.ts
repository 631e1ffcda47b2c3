import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server.stop());

/** The lines of `/metrics` that begin so. */
async function metrics(start: string): Promise<readonly string[]> {
  const { status, body } = await server.request('GET', '/metrics');
  expect(status).toBe(200);
  return String(body)
    .split('\n')
    .filter((line) => line.startsWith(start));
}

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const configMap = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
const labels = (verb: string, scope: string, dryRun = ''): string =>
  `component="apiserver",dry_run="${dryRun}",group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"`;

test('requests are counted by what they are and how they end', async () => {
  await server.request('POST', CONFIGMAPS, { body: configMap });
  await server.request('POST', `${CONFIGMAPS}?dryRun=All`, { body: configMap });
  await server.request('GET', CONFIGMAPS);
  await server.request('PATCH', `${CONFIGMAPS}/a?fieldManager=me`, {
    body: configMap,
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });
  const counted = await metrics('apiserver_request_total{');
  expect(counted).toEqual(
    expect.arrayContaining([
      // The server has made one itself.
      `apiserver_request_total{code="201",${labels('POST', 'resource')}} 2`,
      `apiserver_request_total{code="409",${labels('POST', 'resource', 'All')}} 1`,
      `apiserver_request_total{code="200",${labels('LIST', 'namespace')}} 1`,
      `apiserver_request_total{code="200",${labels('APPLY', 'resource')}} 1`,
    ]),
  );
  const [count] = await metrics(
    `apiserver_request_duration_seconds_count{${labels('LIST', 'namespace')}}`,
  );
  expect(count).toMatch(/ 1$/);
  expect(await metrics('apiserver_current_inflight_requests{request_kind="readOnly"}')).toEqual([
    // The one that asks.
    'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
  ]);
});

test('what a client makes up is counted under one name', async () => {
  for (const path of ['/api/v1/nodes/a/made-up', '/apis/a/v1/b', '/apis/a/v1/c', '/d/e'])
    await server.request('GET', path);
  const counted = await metrics('apiserver_request_total{code="404"');
  expect(
    counted.map((line) => /component="(.*?)".*verb="(.*?)".* (\d+)$/.exec(line)?.slice(1)),
  ).toEqual([
    ['', 'GET', '1'],
    ['apiserver', 'other', '3'],
  ]);
});

test('watches are counted while they last, and their events', async () => {
  const watch = server.watch(`${CONFIGMAPS}?watch=1`);
  const { value } = await watch.next();
  expect(value?.type).toBe('ADDED');
  const lasting =
    'apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"}';
  expect(await metrics(lasting)).toEqual([`${lasting} 1`]);
  await watch.return(undefined);
  expect(await metrics(lasting)).toEqual([`${lasting} 0`]);
  const events = 'apiserver_watch_events_total{group="",resource="configmaps",version="v1"}';
  expect(await metrics(events)).toEqual([expect.stringMatching(/ [1-9]\d*$/)]);
});

test('the state of the server is read when it is asked for', async () => {
  expect(await metrics('apiserver_resource_objects{group="",resource="namespaces"}')).toEqual([
    'apiserver_resource_objects{group="",resource="namespaces"} 4',
  ]);
  const [size] = await metrics('apiserver_storage_size_bytes{');
  expect(Number(size?.split(' ')[1])).toBeGreaterThan(1000);
  expect(await metrics('aggregator_unavailable_apiservice{name="v1.apps"}')).toEqual([
    'aggregator_unavailable_apiservice{name="v1.apps"} 0',
  ]);
  expect(await metrics('kubernetes_build_info{')).toHaveLength(1);
});

test('controllers of admission are timed', async () => {
  const [line] = await metrics(
    'apiserver_admission_controller_admission_duration_seconds_count{name="ValidatingAdmissionPolicy",operation="CREATE",rejected="false",type="validate"}',
  );
  expect(line).toMatch(/ [1-9]\d*$/);
});
