import { sleep } from '../../base/clock.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { CertificateSigningRequest } from '../../objects/generated/certificates-v1.generated.ts';
import { expiryOf } from '../../pki/certificate-request.ts';
import type { Controller, ControllerContext } from '../controller.ts';

const HOUR = 3_600_000;
/** Milliseconds for which a request is kept that was answered, and one that was not. */
const ANSWERED = HOUR;
const PENDING = 24 * HOUR;

function isExpired(certificate: string, now: number): boolean {
  try {
    return now > expiryOf(atob(certificate));
  } catch {
    return false;
  }
}

/** Whether nobody is to come for a request any more. @param now UNIX milliseconds */
function isOver({ metadata, status }: CertificateSigningRequest, now: number): boolean {
  const { conditions = [], certificate = '' } = status ?? {};
  const isOlder = (time: string | undefined, than: number): boolean =>
    time !== undefined && now - Date.parse(time) > than;
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, PENDING);
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return isOlder(lastUpdateTime, ANSWERED);
    if (type !== 'Approved') return false;
    if (certificate === '') return isOlder(lastUpdateTime, PENDING);
    return isOlder(lastUpdateTime, ANSWERED) || isExpired(certificate, now);
  });
}

/** Deletes requests that are over, once an hour (upstream's `certificates/cleaner`). */
export class CsrCleanerController implements Controller {
  readonly #context: ControllerContext;
  readonly #requests: ObjectStore<CertificateSigningRequest>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#requests = context.informers.of(resources.certificateSigningRequests).store;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    while (!signal.aborted) {
      await this.#clean();
      await sleep(clock, HOUR, signal).catch(() => {});
    }
  }

  async #clean(): Promise<void> {
    const { client, clock, onError } = this.#context;
    for (const request of this.#requests.list()) {
      if (!isOver(request, clock.now())) continue;
      try {
        await client.delete(resources.certificateSigningRequests, request.metadata);
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') onError(error);
      }
    }
  }
}
