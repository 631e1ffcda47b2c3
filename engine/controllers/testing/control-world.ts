import type { HttpResponse } from '../../api/http-message.ts';
import {
  serviceAccountUser,
  type UserInfo,
  withAuthenticated,
} from '../../apiserver/auth/user-info.ts';
import { TestServer } from '../../apiserver/testing/test-server.ts';
import type { FakeClock } from '../../base/fake-clock.ts';
import { runSoon } from '../../base/run-soon.ts';
import { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import type { Transport } from '../../client/transport.ts';
import type { ControllersConfiguration } from '../../api/controllers.ts';
import type { ControllerDescriptor } from '../controller.ts';
import { ControllerManager } from '../controller-manager.ts';

/** Turns of the event loop without a request after which nothing is about to happen. */
const QUIET_TURNS = 12;

/** Stands for kube-controller-manager itself, and for the test, among service accounts. */
const PROCESS = 'kube-controller-manager';
const TEST = 'test';

function userOf(account: string): UserInfo {
  switch (account) {
    case TEST:
      return { username: 'kubernetes-admin', groups: ['system:masters'] };
    case PROCESS:
      return { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
    default:
      return withAuthenticated(serviceAccountUser('kube-system', account, `uid-of-${account}`));
  }
}

/** A request as controllers send it. */
export interface SentRequest {
  /** the service account, or `kube-controller-manager` for the process itself */
  readonly by: string;
  readonly method: string;
  /** path and query */
  readonly path: string;
}

/**
 * A real API server over an etcd in memory, with controllers beside it, on a clock that moves when a
 * test says so. Controllers ask as their own service accounts, so missing rights show.
 */
export class ControlWorld {
  readonly clock: FakeClock;
  /** as an administrator */
  readonly client: Client;
  /** what controllers sent, without watches and lists, since it was last emptied */
  readonly sent: SentRequest[] = [];
  /** told by controllers; emptied by the test that expects them */
  readonly errors: unknown[] = [];
  /** What extension servers answer, by path and query, or a `Status` of a failure; undefined where there is none. */
  elsewhere: (path: string) => object | undefined = () => undefined;
  readonly #server: TestServer;
  readonly #stop = new AbortController();
  #requests = 0;
  /** requests without an answer: some of the server's work is done by other threads */
  #open = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(server: TestServer) {
    this.#server = server;
    this.clock = server.clock;
    this.client = this.#clientOf(TEST);
  }

  /** @param seed makes what has to be there before the controllers begin */
  static async start(
    descriptors: readonly ControllerDescriptor[],
    configuration: Partial<ControllersConfiguration> = {},
    seed: (client: Client) => Promise<void> = async () => {},
  ): Promise<ControlWorld> {
    const world = new ControlWorld(await TestServer.start());
    if (!descriptors.some(({ name }) => name === 'serviceaccount-controller'))
      await createDefaultServiceAccount(world.client);
    await seed(world.client);
    const manager = new ControllerManager({
      descriptors,
      configuration: {
        hostName: 'control-plane',
        rootCa: world.#server.pki.ca.certificate,
        serviceAccountKey: world.#server.pki.serviceAccount.key,
        ...configuration,
      },
      clientOf: (account) => world.#clientOf(account),
      clock: world.clock,
      random: world.#server.random,
      onError: (error) => world.errors.push(error),
    });
    world.#running = manager.run(world.#stop.signal);
    await world.settle();
    return world;
  }

  /** Resolves when nothing more happens unless time moves on. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      const before = this.#requests;
      await new Promise<void>((resolve) => runSoon(resolve));
      quiet = this.#requests === before && this.#open === 0 ? quiet + 1 : 0;
    }
  }

  /** Moves time on in steps, with everything settled between. */
  async advance(milliseconds: number, step = milliseconds): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.settle();
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#server.stop();
  }

  #clientOf(account = PROCESS): Client {
    const user = userOf(account);
    const connection = { remoteAddress: '127.0.0.1', clientCertificates: [], user };
    const transport: Transport = async (request) => {
      const url = new URL(request.url);
      this.#requests++;
      if (account !== TEST && request.method !== 'GET')
        this.sent.push({
          by: account,
          method: request.method,
          path: decodeURIComponent(url.pathname + url.search),
        });
      const answer = this.elsewhere(decodeURIComponent(url.pathname + url.search));
      if (answer !== undefined) return jsonResponse(answer);
      this.#open++;
      try {
        return await this.#server.server.handle(request, connection);
      } finally {
        this.#open--;
        this.#requests++;
      }
    };
    return new Client({ transport, clock: this.clock, userAgent: `${account}/test` });
  }
}

function jsonResponse(value: object): HttpResponse {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const status = 'code' in value && typeof value.code === 'number' ? value.code : 200;
  return { status, headers: new Headers({ 'content-type': 'application/json' }), body };
}

/** Pods cannot be created without it, and nobody else makes one here. */
async function createDefaultServiceAccount(client: Client): Promise<void> {
  await client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: 'default', name: 'default' },
  });
}
