/** What is to be allowed, beyond RBAC on the objects, of who decides on certificates (admission of kube-apiserver). */
import type {
  CertificateSigningRequest,
  ClusterTrustBundle,
} from '../../objects/generated/certificates-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { MASTERS } from '../auth/user-info.ts';
import { Pkcs10CertificateRequest } from '../../pki/x509.ts';
import { withMetadata } from '../registry/api-object.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { refuseRequest } from './attributes.ts';

const GROUP = 'certificates.k8s.io';
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

function isAbout({ resource: { definition } }: Attributes, plural: string): boolean {
  return definition.group === GROUP && definition.plural === plural;
}

/**
 * Leave is given by the signer's whole name, or for all names of its domain. @param deed in the
 * words of the refusal
 */
async function requireSigner(
  authorizer: Authorizer,
  attributes: Attributes,
  verb: 'approve' | 'sign' | 'attest',
  deed: string,
  signerName: string,
): Promise<void> {
  const { user } = attributes;
  const [domain = ''] = signerName.split('/', 1);
  for (const name of [signerName, `${domain}/*`]) {
    const decision = await authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: GROUP,
      apiVersion: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
    });
    if (decision?.allowed === true) return;
  }
  const why = `user not permitted to ${deed} signerName ${JSON.stringify(signerName)}`;
  throw refuseRequest(attributes, why);
}

/** Approving and denying takes leave for the request's signer. */
export class CertificateApproval implements AdmissionPlugin {
  readonly name = 'CertificateApproval';
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  async validate(attributes: Attributes): Promise<void> {
    if (attributes.operation !== 'UPDATE' || attributes.subresource !== 'approval') return;
    if (!isAbout(attributes, 'certificatesigningrequests')) return;
    const { signerName } = (attributes.old as unknown as CertificateSigningRequest).spec;
    const deed = 'approve requests with';
    await requireSigner(this.#authorizer, attributes, 'approve', deed, signerName);
  }
}

/** So does putting a certificate into a request's status. */
export class CertificateSigning implements AdmissionPlugin {
  readonly name = 'CertificateSigning';
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  async validate(attributes: Attributes): Promise<void> {
    if (attributes.operation !== 'UPDATE' || attributes.subresource !== 'status') return;
    if (!isAbout(attributes, 'certificatesigningrequests')) return;
    const old = attributes.old as unknown as CertificateSigningRequest;
    const next = attributes.object as unknown as CertificateSigningRequest;
    const { signerName } = old.spec;
    const same =
      old.status?.certificate === next.status?.certificate &&
      jsonEqual(old.status?.conditions, next.status?.conditions);
    if (same) return;
    await requireSigner(this.#authorizer, attributes, 'sign', 'sign requests with', signerName);
  }
}

/** Publishing whom a signer's certificates are to be trusted by takes leave, too. */
export class ClusterTrustBundleAttest implements AdmissionPlugin {
  readonly name = 'ClusterTrustBundleAttest';
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  async validate(attributes: Attributes): Promise<void> {
    const { object, old, operation } = attributes;
    if (!isAbout(attributes, 'clustertrustbundles') || object === undefined) return;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    const { signerName = '' } = (object as unknown as ClusterTrustBundle).spec;
    if (signerName === '') return;
    // The garbage collector may do its work.
    const { ownerReferences, finalizers, managedFields, resourceVersion } = object.metadata;
    const collected = { ownerReferences, finalizers, managedFields, resourceVersion };
    if (
      old !== undefined &&
      jsonEqual(withMetadata(old, collected), withMetadata(object, collected))
    )
      return;
    await requireSigner(this.#authorizer, attributes, 'attest', 'attest for', signerName);
  }
}

/** Nobody becomes a member of system:masters by asking for a certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(attributes) {
    const { operation, subresource, object } = attributes;
    if (operation !== 'CREATE' || subresource !== '') return;
    if (!isAbout(attributes, 'certificatesigningrequests')) return;
    const { signerName, request } = (object as unknown as CertificateSigningRequest).spec;
    if (signerName !== CLIENT_SIGNER) return;
    let organizations: readonly string[];
    try {
      organizations = new Pkcs10CertificateRequest(atob(request)).subjectName.getField('O');
    } catch (error) {
      throw refuseRequest(attributes, `failed to parse CSR: ${(error as Error).message}`);
    }
    if (organizations.includes(MASTERS))
      throw refuseRequest(
        attributes,
        `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`,
      );
  },
};
