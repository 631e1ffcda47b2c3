import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  ClusterTrustBundle,
} from '../generated/certificates-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import { internalDiff } from './internal.ts';
import { immutable, kindValidation } from './kind-validation.ts';
import { objectMeta, objectMetaUpdate } from './metadata.ts';
import { decodeBase64, derProblem, pemBlocks } from './pem.ts';
import type { Place } from './place.ts';
import { byteLength, each, Seen } from './rules.ts';
import { sameValue } from './same-value.ts';
import { isClusterTrustBundleName, signerName } from './signer-name.ts';

/**
 * Requests for certificates. Their PEM and outermost DER are looked at here; whether the signature is
 * the key's own only the signer finds out.
 */

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

const text = (base64: string | undefined) =>
  new TextDecoder().decode(decodeBase64(base64 ?? '') ?? new Uint8Array());

function requestProblem(base64: string | undefined): string | undefined {
  const [first] = pemBlocks(text(base64));
  return first?.type === 'CERTIFICATE REQUEST'
    ? derProblem(first.bytes)
    : 'PEM block type must be CERTIFICATE REQUEST';
}

function certificateProblem(base64: string | undefined): string | undefined {
  if (!base64) return undefined;
  const blocks = pemBlocks(text(base64));
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${goQuote(type)}`;
    }
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    const problem = derProblem(bytes);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const decisions = ['Approved', 'Denied'] as const;
const final = ['Approved', 'Denied', 'Failed'] as const;
const statuses = ['False', 'True', 'Unknown'];

type Conditions = readonly CertificateSigningRequestCondition[];

function conditions(list: Conditions | undefined, at: Place): void {
  const types = new Seen();
  const decided = new Set<string>();
  each<CertificateSigningRequestCondition>(({ type, status }, place) => {
    if (!type) place.child('type').required();
    const allowed = (final as readonly string[]).includes(type) ? ['True'] : statuses;
    if (!status) place.child('status').required();
    else if (!allowed.includes(status)) place.child('status').notSupported(status, allowed);
    if (!types.add(type)) place.child('type').duplicate(type);
    if ((decisions as readonly string[]).includes(type)) decided.add(type);
  })(list, at);
  if (decided.size > 1) {
    at.declared.invalid(
      `{${[...decided].map((type) => `conditions[{"type": ${goQuote(type)}}]`).join(', ')}}`,
      `must specify at most one of: ${decisions.map((type) => `\`conditions[{"type": ${goQuote(type)}}]\``).join(', ')}`,
    );
  }
}

function request(
  { metadata, spec, status }: CertificateSigningRequest,
  root: Place,
  old?: CertificateSigningRequest,
): void {
  const at = root.child('spec');
  objectMeta(metadata, root.child('metadata'), { namespaced: false, nameRule: () => [] });
  const problem = requestProblem(spec.request);
  if (problem !== undefined) at.child('request').invalid(spec.request ?? null, problem);
  const usagesAt = at.child('usages');
  if (!spec.usages?.length) usagesAt.required();
  each<string>((usage, place) => {
    if (!usages.includes(usage)) place.notSupported(usage, usages);
  })(spec.usages, usagesAt);
  const seen = new Seen();
  each<string>((usage, place) => {
    if (!seen.add(usage)) place.duplicate(usage);
  })(spec.usages, usagesAt);
  const signerAt = at.child('signerName');
  if (spec.signerName === 'kubernetes.io/legacy-unknown') {
    signerAt.invalid(spec.signerName, 'the legacy signerName is not allowed via this API version');
  } else signerName(spec.signerName, signerAt);
  const { expirationSeconds: seconds } = spec;
  if (seconds !== undefined && seconds < 600) {
    at.child('expirationSeconds').invalid(
      seconds,
      'may not specify a duration less than 600 seconds (10 minutes)',
    );
  }
  const statusAt = root.child('status');
  conditions(status?.conditions, statusAt.child('conditions'));
  const { certificate } = status ?? {};
  const broken =
    old?.status?.certificate === certificate ? undefined : certificateProblem(certificate);
  if (broken !== undefined) statusAt.child('certificate').invalid('<certificate data>', broken);
}

interface Allowed {
  readonly decisions?: boolean;
  readonly certificate?: boolean;
}

const ofType = (object: CertificateSigningRequest, type: string) =>
  object.status?.conditions?.filter((condition) => condition.type === type) ?? [];

const change =
  (allowed: Allowed) =>
  (object: CertificateSigningRequest, old: CertificateSigningRequest, root: Place): void => {
    request(object, root, old);
    const at = root.child('status').child('conditions');
    for (const type of final) {
      if (ofType(object, type).length < ofType(old, type).length) {
        at.forbidden(`updates may not remove a condition of type ${goQuote(type)}`);
      }
    }
    if (!allowed.decisions) for (const type of decisions) decisionStays(object, old, type, at);
    const certificate = object.status?.certificate ?? '';
    const before = old.status?.certificate ?? '';
    if (certificate !== before) {
      const place = root.child('status').child('certificate');
      if (!allowed.certificate) place.forbidden('updates may not set certificate content');
      else if (before) place.forbidden('updates may not modify existing certificate content');
    }
    objectMetaUpdate(object.metadata, old.metadata, root.child('metadata'));
  };

function decisionStays(
  object: CertificateSigningRequest,
  old: CertificateSigningRequest,
  type: string,
  at: Place,
): void {
  const [now, before] = [ofType(object, type), ofType(old, type)];
  if (now.length > before.length) {
    at.forbidden(`updates may not add a condition of type ${goQuote(type)}`);
  } else if (now.length === before.length && !sameValue(now, before)) {
    const diff = internalDiff('CertificateSigningRequestCondition', before, now);
    at.forbidden(`updates may not modify a condition of type ${goQuote(type)}\n${diff}`);
  }
}

export const certificateSigningRequest = kindValidation<CertificateSigningRequest>({
  create: (object, at) => request(object, at),
  update: change({}),
  subresources: {
    status: change({ certificate: true }),
    approval: change({ decisions: true }),
  },
});

const largestBundle = 1024 * 1024;
const omitted = '<value omitted>';

function trustBundle(bundle: string, at: Place): void {
  if (byteLength(bundle) > largestBundle) return at.tooLong(largestBundle);
  const blocks = pemBlocks(bundle);
  const before = at.errors.length;
  const indexes = new Map<string, number[]>();
  for (const [index, { type, hasHeaders, bytes }] of blocks.entries()) {
    if (type !== 'CERTIFICATE') {
      at.invalid(omitted, `entry ${index} has bad block type: ${type}`);
    } else if (hasHeaders) at.invalid(omitted, `entry ${index} has PEM block headers`);
    else if (derProblem(bytes) !== undefined) {
      at.invalid(omitted, `entry ${index} does not parse as X.509`);
    }
    const key = bytes.join();
    indexes.set(key, [...(indexes.get(key) ?? []), index]);
  }
  if (at.errors.length > before) return;
  if (blocks.length === 0) at.invalid(omitted, 'at least one trust anchor must be provided');
  for (const same of indexes.values()) {
    if (same.length > 1) {
      at.invalid(omitted, `duplicate trust anchor (indices [${same.join(' ')}])`);
    }
  }
}

function bundleAsIs({ metadata, spec }: ClusterTrustBundle, at: Place): void {
  const { signerName: signer = '' } = spec;
  objectMeta(metadata, at.child('metadata'), {
    namespaced: false,
    nameRule: (name) => isClusterTrustBundleName(name, signer),
  });
  if (signer) signerName(signer, at.child('spec').child('signerName'));
}

export const clusterTrustBundle = kindValidation<ClusterTrustBundle>({
  create: (object, at) => {
    bundleAsIs(object, at);
    trustBundle(object.spec.trustBundle ?? '', at.child('spec').child('trustBundle'));
  },
  update: (object, old, at) => {
    const place = at.child('spec');
    bundleAsIs(object, at);
    if (object.spec.trustBundle !== old.spec.trustBundle) {
      trustBundle(object.spec.trustBundle ?? '', place.child('trustBundle'));
    }
    objectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    const { signerName: signer } = object.spec;
    immutable(signer, old.spec.signerName, place.child('signerName'), signer ?? '');
  },
});
