import { messageOf } from '../../base/message-of.ts';
import { resources } from '../../client/resources.ts';
import type { CertificateSigningRequestStatus } from '../../objects/generated/certificates-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { formatTime } from '../../objects/time.ts';
import {
  expiryOf,
  readRequest,
  signRequest,
  type RequestedSubject,
} from '../../pki/certificate-request.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { CsrLoop, hasCondition, pemOf, type Request } from './csr-loop.ts';
import { problemFor, SIGNERS } from './request-rules.ts';
import { signingTerms } from './signing-terms.ts';

/** `--cluster-signing-duration`: a year, in milliseconds */
const LONGEST = 365 * 86_400_000;

const signers: readonly string[] = Object.values(SIGNERS);

/**
 * Signs approved requests for the signers that are kube-controller-manager's own (upstream's
 * `certificates/signer`, whose four loops are one here). Does nothing without an authority.
 */
export class CsrSigningController implements Controller {
  readonly #context: ControllerContext;
  readonly #loop: CsrLoop | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { signingAuthority } = context.configuration;
    if (signingAuthority !== undefined)
      this.#loop = new CsrLoop(context, (request) => this.#sign(request, signingAuthority));
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#loop?.run(signal);
  }

  async #sign(request: Request, authority: KeyPair): Promise<void> {
    const isApproved = hasCondition(request, 'Approved') && !hasCondition(request, 'Denied');
    const { signerName, usages = [], expirationSeconds } = request.spec;
    if (!isApproved || hasCondition(request, 'Failed') || !signers.includes(signerName)) return;
    const { clock, random } = this.#context;
    let subject: RequestedSubject;
    try {
      subject = readRequest(pemOf(request));
    } catch (cause) {
      const name = goQuote(request.metadata.name);
      throw new Error(`unable to parse csr ${name}: ${messageOf(cause)}`, { cause });
    }
    const message = problemFor(signerName, subject, usages);
    if (message !== undefined) {
      const conditions = [
        ...(request.status?.conditions ?? []),
        {
          type: 'Failed',
          status: 'True',
          reason: 'SignerValidationFailure',
          message,
          lastUpdateTime: formatTime(clock.now()),
        },
      ];
      await this.#write(request, { ...request.status, conditions });
      return;
    }
    const expiry = expiryOf(authority.certificate);
    const terms = signingTerms(usages, expirationSeconds, LONGEST, expiry, clock.now());
    const certificate = await signRequest(authority, pemOf(request), terms, random);
    await this.#write(request, { ...request.status, certificate: btoa(certificate) });
  }

  async #write(request: Request, status: CertificateSigningRequestStatus): Promise<void> {
    await this.#context.client.update(
      resources.certificateSigningRequests,
      { ...request, status },
      { subresource: 'status' },
    );
  }
}
