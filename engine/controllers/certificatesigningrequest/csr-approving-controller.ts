import { messageOf } from '../../base/message-of.ts';
import { resources } from '../../client/resources.ts';
import { goQuote } from '../../objects/go-text.ts';
import { readRequest, type RequestedSubject } from '../../pki/certificate-request.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { CsrLoop, hasCondition, NotYetError, pemOf, type Request } from './csr-loop.ts';
import { kubeletClientProblem, SIGNERS } from './request-rules.ts';

function isNodeClient({ spec }: Request, subject: RequestedSubject): boolean {
  return (
    spec.signerName === SIGNERS.kubeletClient &&
    kubeletClientProblem(subject, spec.usages ?? []) === undefined
  );
}

/** Who may have which certificate without anybody looking: whoever may create this subresource. */
const recognizers = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: (request: Request, subject: RequestedSubject): boolean =>
      request.spec.username === subject.commonName && isNodeClient(request, subject),
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: isNodeClient,
  },
] as const;

/** Approves what kubelets ask for, if they may (upstream's `certificates/approver`). */
export class CsrApprovingController implements Controller {
  readonly #context: ControllerContext;
  readonly #loop: CsrLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#loop = new CsrLoop(context, (request) => this.#approve(request));
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#loop.run(signal);
  }

  async #approve(request: Request): Promise<void> {
    if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return;
    const name = goQuote(request.metadata.name);
    let subject: RequestedSubject;
    try {
      subject = readRequest(pemOf(request));
    } catch (cause) {
      throw new Error(`unable to parse csr ${name}: ${messageOf(cause)}`, { cause });
    }
    const recognized = recognizers.filter(({ recognizes }) => recognizes(request, subject));
    for (const { subresource, message } of recognized) {
      if (!(await this.#mayHave(request, subresource))) continue;
      const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
      const { status } = request;
      const conditions = [...(status?.conditions ?? []), condition];
      await this.#context.client.update(
        resources.certificateSigningRequests,
        { ...request, status: { ...status, conditions } },
        { subresource: 'approval' },
      );
      return;
    }
    if (recognized.length === 0) return;
    const tried = recognized.map(({ subresource }) => subresource).join(' ');
    throw new NotYetError(
      `recognized csr ${name} as [${tried}] but subject access review was not approved`,
    );
  }

  async #mayHave({ spec }: Request, subresource: string): Promise<boolean> {
    const { username, uid, groups, extra } = spec;
    const { status } = await this.#context.client.create(resources.subjectAccessReviews, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        ...(username === undefined ? {} : { user: username }),
        ...(uid === undefined ? {} : { uid }),
        ...(groups === undefined ? {} : { groups }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes: {
          group: 'certificates.k8s.io',
          resource: 'certificatesigningrequests',
          verb: 'create',
          subresource,
          version: '*',
        },
      },
    });
    return status?.allowed ?? false;
  }
}
