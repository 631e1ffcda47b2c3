import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { Status } from '../../objects/status/status.ts';
import { loopbackUser } from '../auth/user-info.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Connection } from '../request/request-context.ts';

export type Handle = (
  request: HttpRequest,
  connection: Connection,
) => Promise<HttpResponse | TakenOver>;

/** The server's way to itself: whole requests, with all checks, as a member of system:masters. */
export class Loopback {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Errors: the `StatusError` that the server answered. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<ApiObject> {
    const bytes = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
    const response = await this.#handle(
      {
        method,
        url: `http://localhost${path}`,
        headers: new Headers({ 'content-type': contentType, 'user-agent': 'kube-apiserver' }),
        body: bytes === null ? null : new Blob([bytes]).stream(),
      },
      { remoteAddress: '127.0.0.1', clientCertificates: [], user: loopbackUser },
    );
    if ('takeOver' in response || !(response.body instanceof Uint8Array))
      throw new Error(`${path} answers with a stream.`);
    const answer = JSON.parse(new TextDecoder().decode(response.body)) as ApiObject;
    if (response.status >= 400) throw new StatusError(answer as unknown as Status);
    return answer;
  }

  /** Creates an object that may be there already. @param collection path */
  async ensure(collection: string, object: ApiObject): Promise<void> {
    try {
      await this.request('POST', collection, object);
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'AlreadyExists') return;
      // A Service whose address it has itself is refused before anybody looks at its name.
      await this.request('GET', `${collection}/${object.metadata.name ?? ''}`).catch(() => {
        throw error;
      });
    }
  }
}
