import type { HttpResponse } from '../api/http-message.ts';
import { messageOf } from '../base/message-of.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { goQuote } from '../objects/go-text.ts';
import { reply, serveOnNode } from './node-server.ts';

interface HealthCheck {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface ServiceHealthOptions {
  readonly agent: AgentClient;
  readonly isHealthy: () => boolean;
  /** a port could not be opened; the message is the agent's */
  readonly onFailure: (service: string, port: number, message: string) => void;
}

/**
 * Tells load balancers whether this node has endpoints of a Service with external policy `Local`, at the
 * Service's `healthCheckNodePort`. Services are named `namespace/name`.
 */
export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #checks = new Map<string, HealthCheck>();
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** @param counts ready endpoints on this node */
  async sync(
    ports: ReadonlyMap<string, number>,
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    this.#counts = counts;
    for (const [service, { port, close }] of this.#checks) {
      if (ports.get(service) === port) continue;
      this.#checks.delete(service);
      await close();
    }
    for (const [service, port] of ports) {
      if (this.#checks.has(service)) continue;
      try {
        const close = await serveOnNode(this.#options.agent, `0.0.0.0:${port}`, () =>
          this.#answer(service),
        );
        this.#checks.set(service, { port, close });
      } catch (error) {
        this.#options.onFailure(service, port, messageOf(error));
      }
    }
  }

  #answer(service: string): HttpResponse {
    const count = this.#counts.get(service) ?? 0;
    const isHealthy = this.#options.isHealthy();
    const [namespace = '', name = ''] = service.split('/');
    const body = [
      '{',
      '\t"service": {',
      `\t\t"namespace": ${goQuote(namespace)},`,
      `\t\t"name": ${goQuote(name)}`,
      '\t},',
      `\t"localEndpoints": ${count},`,
      `\t"serviceProxyHealthy": ${isHealthy}`,
      '}',
    ].join('\n');
    return reply(count > 0 && isHealthy ? 200 : 503, body, {
      'content-type': 'application/json',
      'x-load-balancing-endpoint-weight': String(count),
    });
  }
}
