import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { CertificateSigningRequest } from '../../objects/generated/certificates-v1.generated.ts';
import type { ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

const WORKERS = 5;
const RETRY_MS = 200;
const MOST_RETRY_MS = 1_000_000;

export type Request = Stored<CertificateSigningRequest>;

/** Is tried again later, and is nothing to tell of. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
}

/** The PEM that a request carries. */
export const pemOf = ({ spec }: CertificateSigningRequest): string => atob(spec.request);

/** Whether it has the condition, whatever its status is. */
export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type) ?? false;
}

/** Hands each request without a certificate to `handle` whenever it changes (upstream's `CertificateController`). */
export class CsrLoop {
  readonly #queue: WorkQueue;
  readonly #handle: (request: Request) => Promise<void>;
  readonly #requestOf: (key: string) => Request | undefined;

  constructor(
    { clock, onError, informers }: ControllerContext,
    handle: (request: Request) => Promise<void>,
  ) {
    this.#queue = new WorkQueue({
      clock,
      limiter: new ExponentialLimiter(RETRY_MS, MOST_RETRY_MS),
      onError: (error) => {
        if (!(error instanceof NotYetError)) onError(error);
      },
    });
    this.#handle = handle;
    const requests = informers.of(resources.certificateSigningRequests);
    this.#requestOf = (key) => requests.store.getByKey(key);
    const add = ({ metadata }: Request): void => this.#queue.add(metadata.name);
    requests.addHandler({ onAdd: add, onUpdate: (_old, request) => add(request) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, async (key) => {
      const request = this.#requestOf(key);
      if (request !== undefined && (request.status?.certificate ?? '') === '')
        await this.#handle(request);
    });
  }
}
