import { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import { readAll } from '../../http/index.ts';
import { CloudError, REGION, ZONES, type Fault, type LoadBalancer } from './cloud-state.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

const address = z.object({
  type: z.enum(['InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS', 'Hostname']),
  address: z.string(),
});
const machine = z.object({
  name: z.string().min(1),
  type: z.string().min(1),
  addresses: z.array(address),
  zone: z.string().exactOptional(),
});
const power = z.object({ power: z.enum(['on', 'off']) });
const route = z.object({ machine: z.string(), destinationCidr: z.string() });
const port = z.number().int().min(0).max(65_535);
const loadBalancer = z.object({
  ports: z.array(z.object({ name: z.string(), protocol: z.string(), port, nodePort: port })),
  machines: z.array(z.string()),
  sourceRanges: z.array(z.string()),
  healthCheckNodePort: port.exactOptional(),
  address: z.string().exactOptional(),
});
const count = z.number().int().min(0);
const settings = z
  .object({
    latency: z.number().min(0),
    quotas: z.object({ machines: count, routes: count, loadBalancers: count }),
    faults: z.array(
      z.object({
        operation: z.string(),
        status: z.number().int().min(400).max(599),
        message: z.string(),
        times: count.exactOptional(),
      }),
    ),
  })
  .partial();

interface Call {
  readonly cloud: SimulatedCloud;
  /** what the path has in place of `*` */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Operation {
  /** as faults name it */
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  call(call: Call): unknown;
}

function found<Item>(item: Item | undefined, id: string): Item {
  if (item === undefined) throw new CloudError('NotFound', `There is no ${id}.`);
  return item;
}

/** With the machines that answer its health checks: those that are switched on. */
function shown({ state }: SimulatedCloud, loadBalancer: LoadBalancer) {
  const healthyMachines = loadBalancer.machines.filter((name) =>
    state.machines.some((each) => each.name === name && each.power === 'on'),
  );
  return { ...loadBalancer, healthyMachines };
}

const operations: readonly Operation[] = [
  {
    name: 'machines.list',
    method: 'GET',
    path: /^\/machines$/,
    call({ cloud, query }) {
      const name = query.get('name');
      const { machines } = cloud.state;
      return { items: machines.filter((each) => name === null || each.name === name) };
    },
  },
  {
    name: 'machines.create',
    method: 'POST',
    path: /^\/machines$/,
    call: async ({ cloud, body }) => (await cloud.ensureMachines([machine.parse(body)]))[0],
  },
  {
    name: 'machines.get',
    method: 'GET',
    path: /^\/machines\/([^/]+)$/,
    call: ({ cloud, id }) =>
      found(
        cloud.state.machines.find((each) => each.id === id),
        id,
      ),
  },
  {
    name: 'machines.power',
    method: 'PATCH',
    path: /^\/machines\/([^/]+)$/,
    call: ({ cloud, id, body }) => cloud.setPower(id, power.parse(body).power),
  },
  {
    name: 'machines.delete',
    method: 'DELETE',
    path: /^\/machines\/([^/]+)$/,
    call: ({ cloud, id }) => cloud.deleteMachine(id),
  },
  {
    name: 'routes.list',
    method: 'GET',
    path: /^\/routes$/,
    call: ({ cloud }) => ({ items: cloud.state.routes }),
  },
  {
    name: 'routes.create',
    method: 'POST',
    path: /^\/routes$/,
    call: ({ cloud, body }) => cloud.createRoute(route.parse(body)),
  },
  {
    name: 'routes.delete',
    method: 'DELETE',
    path: /^\/routes\/([^/]+)$/,
    call: ({ cloud, id }) => cloud.deleteRoute(id),
  },
  {
    name: 'loadBalancers.list',
    method: 'GET',
    path: /^\/load-balancers$/,
    call: ({ cloud }) => ({ items: cloud.state.loadBalancers.map((each) => shown(cloud, each)) }),
  },
  {
    name: 'loadBalancers.get',
    method: 'GET',
    path: /^\/load-balancers\/([^/]+)$/,
    call: ({ cloud, id }) =>
      shown(
        cloud,
        found(
          cloud.state.loadBalancers.find((each) => each.name === id),
          id,
        ),
      ),
  },
  {
    name: 'loadBalancers.put',
    method: 'PUT',
    path: /^\/load-balancers\/([^/]+)$/,
    call: ({ cloud, id, body }) => cloud.putLoadBalancer(id, loadBalancer.parse(body)),
  },
  {
    name: 'loadBalancers.delete',
    method: 'DELETE',
    path: /^\/load-balancers\/([^/]+)$/,
    call: ({ cloud, id }) => cloud.deleteLoadBalancer(id),
  },
];

/** What a cloud's operators do: never late, and never failing. */
const management: readonly Operation[] = [
  {
    name: 'cloud.get',
    method: 'GET',
    path: /^\/$/,
    call: () => ({
      simulated: true,
      notice: 'This cloud is simulated: it keeps books of machines, routes and load balancers.',
      region: REGION,
      zones: ZONES,
    }),
  },
  {
    name: 'settings.get',
    method: 'GET',
    path: /^\/settings$/,
    call: ({ cloud }) => cloud.state.settings,
  },
  {
    name: 'settings.change',
    method: 'PATCH',
    path: /^\/settings$/,
    async call({ cloud, body }) {
      const { latency, quotas, faults } = settings.parse(body);
      const now = cloud.state.settings;
      await cloud.setSettings({
        latency: latency ?? now.latency,
        quotas: quotas ?? now.quotas,
        faults: faults ?? now.faults,
      });
      return cloud.state.settings;
    },
  },
];

function answer(status: number, body: unknown): HttpResponse {
  const headers = new Headers({
    'content-type': 'application/json',
    // Whoever looks at an answer sees what it is.
    'x-drydock-simulated': 'true',
  });
  return { status, headers, body: new TextEncoder().encode(`${JSON.stringify(body ?? {})}\n`) };
}

function refusal(error: unknown): HttpResponse {
  if (error instanceof CloudError)
    return answer(error.status, { error: { code: error.code, message: error.message } });
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    return answer(400, { error: { code: 'Invalid', message } });
  }
  throw error;
}

/** Takes one request off a fault that ends. */
async function useUp(cloud: SimulatedCloud, fault: Fault): Promise<void> {
  const { settings: now } = cloud.state;
  if (fault.times === undefined) return;
  const times = fault.times - 1;
  await cloud.setSettings({
    ...now,
    faults: now.faults.flatMap((each) => {
      if (each !== fault) return [each];
      return times > 0 ? [{ ...fault, times }] : [];
    }),
  });
}

async function misbehave(cloud: SimulatedCloud, clock: Clock, name: string): Promise<void> {
  const { latency } = cloud.state.settings;
  if (latency > 0) await sleep(clock, latency);
  // Others may have used faults up meanwhile.
  const { faults } = cloud.state.settings;
  const [kind = ''] = name.split('.');
  const fault = faults.find(({ operation, times = 1 }) => {
    return times > 0 && ['*', `${kind}.*`, name].includes(operation);
  });
  if (fault === undefined) return;
  await useUp(cloud, fault);
  throw new CloudError('Fault', fault.message, fault.status);
}

/** The cloud's HTTP API. Errors are `{"error": {"code": …, "message": …}}`. */
export function cloudApi(
  cloud: SimulatedCloud,
  clock: Clock,
): (request: HttpRequest) => Promise<HttpResponse> {
  return async ({ method, url, body }) => {
    const { pathname, searchParams: query } = new URL(url);
    const all = [...management, ...operations];
    const operation = all.find((each) => each.method === method && each.path.test(pathname));
    try {
      if (operation === undefined)
        throw new CloudError('NotFound', `There is no ${method} ${pathname}.`);
      if (operations.includes(operation)) await misbehave(cloud, clock, operation.name);
      const id = decodeURIComponent(operation.path.exec(pathname)?.[1] ?? '');
      const text = body === null ? '' : new TextDecoder().decode(await readAll(body));
      const parsed: unknown = text === '' ? undefined : JSON.parse(text);
      return answer(200, await operation.call({ cloud, id, query, body: parsed }));
    } catch (error) {
      return refusal(error);
    }
  };
}
