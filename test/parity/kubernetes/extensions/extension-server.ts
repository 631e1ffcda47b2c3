import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAuthority, issueCertificate } from '../../../../engine/pki/certificates.ts';
import { systemClock } from '../../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../../engine/base/random.ts';

const API_VERSION = 'parts.example.com/v1';
const kind = { group: 'parts.example.com', version: 'v1', kind: 'Widget' };

interface Review {
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly object: { readonly metadata: { readonly name: string } };
  };
}

function widget(name: string, owner: string): object {
  return {
    kind: 'Widget',
    apiVersion: API_VERSION,
    metadata: { name, namespace: 'default', resourceVersion: '1', annotations: { owner } },
  };
}

const documents: Readonly<Record<string, object>> = {
  '/apis/parts.example.com/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: API_VERSION,
    resources: [
      {
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        verbs: ['get', 'list', 'watch'],
        shortNames: ['wd'],
      },
    ],
  },
  '/openapi/v3': {
    paths: {
      'apis/parts.example.com/v1': {
        serverRelativeURL: '/openapi/v3/apis/parts.example.com/v1?hash=A1',
      },
    },
  },
  '/openapi/v3/apis/parts.example.com/v1': {
    openapi: '3.0.0',
    info: { title: 'Widgets', version: 'v1' },
    paths: {
      '/apis/parts.example.com/v1/widgets': {
        get: {
          responses: {},
          'x-kubernetes-action': 'list',
          'x-kubernetes-group-version-kind': kind,
        },
      },
    },
    components: {
      schemas: {
        'com.example.parts.v1.Widget': {
          type: 'object',
          description: 'A widget, of which there are many.',
          properties: { size: { type: 'integer', description: 'How big it is.' } },
          'x-kubernetes-group-version-kind': [kind],
        },
      },
    },
  },
};

/** A server that extends the cluster: it serves widgets behind the API server, and webhooks. */
export class ExtensionServer {
  readonly #server: Server;
  /** PEM: who signed its certificate */
  readonly ca: string;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.ca = ca;
  }

  static async start(): Promise<ExtensionServer> {
    const now = systemClock.now();
    const authority = await createAuthority('extensions', now, cryptoRandom);
    const { certificate: cert, key } = await issueCertificate(
      authority,
      {
        commonName: 'extension',
        usage: 'server',
        dnsNames: ['extension.default.svc', 'localhost'],
      },
      now,
      cryptoRandom,
    );
    const options = { cert, key, requestCert: true, rejectUnauthorized: false };
    const server = createServer(options, (request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ExtensionServer(server, authority.certificate);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  let body = '';
  for await (const part of request) body += String(part);
  const send = (value: object, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const document = documents[pathname];
  if (document !== undefined) return send(document);
  if (pathname === '/admit') return send(admit(JSON.parse(body) as Review));
  // Who asks is told by headers, which only the front proxy may send.
  const proxy = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
  const owner = `${String(request.headers['x-remote-user'])} by ${String(proxy)}`;
  if (pathname.endsWith('/widgets/first')) return send(widget('first', owner));
  if (!pathname.endsWith('/widgets'))
    return send({ kind: 'Status', status: 'Failure', code: 404 }, 404);
  if (searchParams.get('watch') === null)
    return send({
      kind: 'WidgetList',
      apiVersion: API_VERSION,
      metadata: { resourceVersion: '1' },
      items: [widget('first', owner), widget('second', owner)],
    });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify({ type: 'ADDED', object: widget('third', owner) })}\n`);
}

/** Names begin with `team-`; what is admitted gets a label. */
function admit({ apiVersion, request: { uid, object } }: Review): object {
  const { name } = object.metadata;
  const response = name.startsWith('team-')
    ? {
        allowed: true,
        warnings: name.length > 10 ? ['this name is long'] : [],
        patchType: 'JSONPatch',
        patch: Buffer.from(
          JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { admitted: 'yes' } }]),
        ).toString('base64'),
      }
    : {
        allowed: false,
        status: { code: 403, reason: 'Forbidden', message: `${name} is no name of a team` },
      };
  return { kind: 'AdmissionReview', apiVersion, response: { uid, ...response } };
}
