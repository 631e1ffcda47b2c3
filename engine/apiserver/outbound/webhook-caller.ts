import type { Clock } from '../../base/clock.ts';
import { failureOf } from '../../client/response-failure.ts';
import type { WebhookClientConfig } from '../../objects/generated/admissionregistration-v1.generated.ts';
import { ask } from './ask.ts';
import type { JsonObject } from '../../objects/json-value.ts';
import type { Outbound, Peer } from './outbound.ts';
import type { Services } from './services.ts';

const HTTPS = 443;

interface Destination {
  /** host and port as the URL has them */
  readonly authority: string;
  readonly path: string;
  readonly serverName: string;
  /** where that is; looked up anew for each call */
  readonly locate: () => Pick<Peer, 'host' | 'port'>;
}

/** Posts objects to webhooks, which are Services of the cluster or URLs. */
export class WebhookCaller {
  readonly #outbound: Outbound;
  readonly #services: Services;
  readonly #clock: Clock;

  constructor(outbound: Outbound, services: Services, clock: Clock) {
    this.#outbound = outbound;
    this.#services = services;
    this.#clock = clock;
  }

  /**
   * The text of the response. @param timeout seconds. Errors: an `Error` in the words of client-go,
   * or the `StatusError` that a response with another status than 2xx stands for.
   */
  async post(config: WebhookClientConfig, timeout: number, body: JsonObject): Promise<string> {
    const { authority, path, serverName, locate } = this.#destination(config);
    const url = `https://${authority}${path}?timeout=${timeout}s`;
    const { caBundle = '' } = config;
    const bytes = new TextEncoder().encode(`${JSON.stringify(body)}\n`);
    const request = {
      method: 'POST',
      url,
      headers: new Headers({
        host: authority,
        accept: 'application/json, */*',
        'content-type': 'application/json',
        'content-length': String(bytes.length),
        'user-agent': 'kube-apiserver-admission',
      }),
      body: new Blob([bytes]).stream(),
    };
    const response = await ask(
      () => ({ ...locate(), serverName, ...(caBundle === '' ? {} : { ca: atob(caBundle) }) }),
      request,
      { outbound: this.#outbound, clock: this.#clock, timeoutMs: timeout * 1000 },
    );
    const text = new TextDecoder().decode(response.bytes);
    const { status } = response;
    if (status < 200 || status > 299) throw failureOf('POST', status, text);
    return text;
  }

  #destination({ service, url }: WebhookClientConfig): Destination {
    if (service !== undefined) {
      const { namespace, name, path = '/', port = HTTPS } = service;
      const serverName = `${name}.${namespace}.svc`;
      return {
        authority: `${serverName}:${port}`,
        path,
        serverName,
        locate: () => this.#services.resolve({ namespace, name, port }),
      };
    }
    if (url === undefined) throw new Error('webhook configuration must have either service or URL');
    const { host, hostname, port, pathname } = new URL(url);
    const number = port === '' ? HTTPS : Number(port);
    return {
      authority: host,
      path: pathname,
      serverName: hostname,
      locate: () => ({ host: hostname, port: number }),
    };
  }
}
