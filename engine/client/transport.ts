import type { HttpHandler } from '../http/index.ts';

/**
 * The way to an API server: `ApiServer.handle` itself, a port to a worker, or a connection. The
 * authority of a request's URL means nothing; a transport knows where it leads.
 */
export type Transport = HttpHandler;

/** Sends a bearer token with every request. */
export function withToken(transport: Transport, token: () => string | Promise<string>): Transport {
  return async (request) => {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${await token()}`);
    return transport({ ...request, headers });
  };
}
