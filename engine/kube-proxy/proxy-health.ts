import type { HttpResponse } from '../api/http-message.ts';
import type { Clock } from '../base/clock.ts';
import type { Node } from '../objects/generated/core-v1.generated.ts';
import { notFound, reply, textReply } from './node-server.ts';

/** A change that waits longer than this, in milliseconds, makes the proxy unhealthy: twice upstream's sync period. */
const TIMEOUT_MS = 60_000;
/** Set by cluster-autoscaler on a node that it is about to remove. */
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Whether the rules keep up with the cluster, as load balancers ask at port 10256 of every node. */
export class ProxyHealth {
  readonly #clock: Clock;
  readonly #node: () => Node | undefined;
  #updated: number;
  #waitingSince: number | undefined;

  constructor(clock: Clock, node: () => Node | undefined) {
    this.#clock = clock;
    this.#node = node;
    this.#updated = clock.now();
  }

  /** Something has changed that is not in the kernel yet. */
  changed(): void {
    this.#waitingSince ??= this.#clock.now();
  }

  updated(): void {
    this.#waitingSince = undefined;
    this.#updated = this.#clock.now();
  }

  get isHealthy(): boolean {
    return this.#waitingSince === undefined || this.#clock.now() - this.#waitingSince < TIMEOUT_MS;
  }

  /** Port 10256: `/healthz` also tells whether the node stays, `/livez` does not. */
  answer(path: string): HttpResponse {
    if (path === '/healthz') return this.#status(this.#isEligible());
    if (path === '/livez') return this.#status(undefined);
    return notFound();
  }

  #status(nodeEligible: boolean | undefined): HttpResponse {
    const healthy = this.isHealthy;
    const now = new Date(this.#clock.now()).toISOString();
    const lastUpdated = new Date(this.#updated).toISOString();
    const fine = healthy && nodeEligible !== false;
    const body = {
      lastUpdated: fine ? now : lastUpdated,
      currentTime: now,
      ...(nodeEligible !== undefined && { nodeEligible }),
      healthy,
      status: { IPv4: { lastUpdated, healthy } },
    };
    return reply(fine ? 200 : 503, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  #isEligible(): boolean {
    const node = this.#node();
    return (
      node !== undefined &&
      node.metadata.deletionTimestamp === undefined &&
      !(node.spec?.taints ?? []).some(({ key }) => key === TO_BE_DELETED)
    );
  }
}

/** What 127.0.0.1:10249 answers, as far as it is not metrics. */
export function answerStatus(path: string): HttpResponse {
  if (path === '/healthz') return textReply(200, 'ok');
  return path === '/proxyMode' ? textReply(200, 'nftables') : notFound();
}
