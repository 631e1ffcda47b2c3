import type { HttpRequest, HttpResponse } from '../api/http-message.ts';

/** Hollow nodes are told apart from others by their addresses: 100.64.0.0/10. */
export function isHollowAddress(host: string): boolean {
  const [first, second] = host.split('.').map(Number);
  return first === 100 && second !== undefined && second >= 64 && second < 128;
}

/** What the kubelets of hollow nodes answer the API server: that nothing runs there. */
export function answerAsHollowKubelet({ url }: Pick<HttpRequest, 'url'>): HttpResponse {
  const [, kind = '', namespace = '', pod = '', container = ''] = new URL(url).pathname.split('/');
  const about = `pod ${namespace}/${pod} is on a hollow node and only seems to run`;
  switch (kind) {
    case 'containerLogs':
      return text(200, `${about}: container ${container} writes no log\n`);
    case 'exec':
    case 'attach':
    case 'portForward':
      return failure(501, `${about}: there is nothing to connect to`);
    case 'healthz':
      return text(200, 'ok');
    default:
      return text(404, '404 page not found\n');
  }
}

/** A `Status`, which clients print; other text they would try to read as one. */
function failure(code: number, message: string): HttpResponse {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    code,
  };
  const headers = new Headers({ 'content-type': 'application/json' });
  return { status: code, headers, body: new TextEncoder().encode(JSON.stringify(status)) };
}

function text(status: number, body: string): HttpResponse {
  const headers = new Headers({ 'content-type': 'text/plain; charset=utf-8' });
  return { status, headers, body: new TextEncoder().encode(body) };
}
