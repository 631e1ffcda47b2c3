import { change, creation, like, type GoldenCase } from '../case.ts';

/** A request of an ed25519 key, and a certificate of another. */
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHY01GQUNBUUF3SFRFUE1BMEdBMVVFQXd3R1oyOXNaR1Z1TVFvd0NBWURWUVFLREFGNE1Db3dCUVlESzJWdwpBeUVBZzZsOWVGOXVVWEV1WjNkVTRaL1BjZnlxcUp6a0ZTUExoNDA4NWdoQytDK2dBREFGQmdNclpYQURRUURRCkE4dFFBUlc1STU3cEhHdnJMQ2FSRWp0NC9VbUY3Z0pGQ2RhMU90Vm8xZjdmV2w3cStBVEtPczYwNkluTUw2RVcKRDhOeXg3WUlGbFMxUTZzZk12c0MKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';
const certificate =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJPRENCNjZBREFnRUNBaFExUTlHQi9KZjczemdVMER5YkgyRE51a1E5WWpBRkJnTXJaWEF3RVRFUE1BMEcKQTFVRUF3d0daMjlzWkdWdU1DQVhEVEkyTVRFeU5qQTVNVFF6TmxvWUR6SXhNall4TVRBeU1Ea3hORE0yV2pBUgpNUTh3RFFZRFZRUUREQVpuYjJ4a1pXNHdLakFGQmdNclpYQURJUUF2VTlvQzR4dDJoRWl6dTM1VTJHSTY5elFsCjV3Q0luT1U1OG9PQTVURHNhYU5UTUZFd0hRWURWUjBPQkJZRUZMVGVwZEZZN1NZZkJpaW1rZ3JWV3ZVMm1FSEEKTUI4R0ExVWRJd1FZTUJhQUZMVGVwZEZZN1NZZkJpaW1rZ3JWV3ZVMm1FSEFNQThHQTFVZEV3RUIvd1FGTUFNQgpBZjh3QlFZREsyVndBMEVBUHpYMmJBTjYvbFNwcW9VbC9WWWR1V0k5QksrOElDWUdZOFBuRUtIUEUzNWVlL3hICnNMUmIrVWVXRHFWVU8rSGtVVHFLWTRNb0hzOWorTk1aeDg0SUJRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=';
const pem = (text: string) => btoa(text);

const csr = like({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'golden' },
  spec: { request, signerName: 'example.com/signer', usages: ['client auth'] },
});
const approved = { type: 'Approved', status: 'True', reason: 'R', message: 'm' };
const denied = { type: 'Denied', status: 'True', reason: 'R', message: 'm' };
const bundle = like({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'ClusterTrustBundle',
  metadata: { name: 'golden' },
  spec: { trustBundle: atob(certificate) },
});

export const cases: readonly GoldenCase[] = [
  creation('request', csr({ 'spec.expirationSeconds': 3600, 'spec.username': 'mallory' })),
  creation('request bad', csr({
    spec: {
      request: pem('nothing'),
      signerName: 'plain',
      usages: ['client auth', 'client auth', 'world domination'],
      expirationSeconds: 10,
    },
  })),
  creation('request of nothing', csr({ spec: { signerName: '' } })),
  creation('request of a certificate', csr({ 'spec.request': certificate })),
  creation('request legacy signer', csr({ 'spec.signerName': 'kubernetes.io/legacy-unknown' })),
  creation('request any name', csr({ 'metadata.name': 'Any_Name' })),
  change('request approval', csr(), { status: { conditions: [approved] } }, 'approval'),
  change('request denial', csr(), { status: { conditions: [denied] } }, 'approval'),
  change('request both', csr(), { status: { conditions: [approved, denied] } }, 'approval'),
  change('request bad conditions', csr(), {
    status: {
      conditions: [
        { type: '', status: 'True' },
        { type: 'Approved', status: 'False' },
        { type: 'Other', status: '' },
        { type: 'Other', status: 'Maybe' },
      ],
    },
  }, 'approval'),
  change('request approval by the status', csr(), { status: { conditions: [approved] } }, 'status'),
  change('request certificate', csr(), { 'status.certificate': certificate }, 'status'),
  change('request bad certificate', csr(), { 'status.certificate': pem('x') }, 'status'),
  change('request request as a certificate', csr(), { 'status.certificate': request }, 'status'),
  change('request certificate by approval', csr(), { 'status.certificate': certificate }, 'approval'),
  change('request failure', csr(), {
    status: { conditions: [{ type: 'Failed', status: 'True' }] },
  }, 'status'),
  change('request new specification', csr(), { 'spec.usages': ['server auth'] }),
  {
    name: 'request approved and issued',
    steps: [
      { create: csr() },
      { update: { status: { conditions: [approved] } }, subresource: 'approval' },
      { update: { 'status.certificate': certificate }, subresource: 'status' },
      { update: { 'status.conditions[0].message': 'new' }, subresource: 'approval' },
      { update: { 'status.conditions': [] }, subresource: 'approval' },
      { update: { 'status.certificate': '' }, subresource: 'status' },
    ],
  },
  creation('bundle', bundle()),
  creation('bundle of a signer', bundle({
    'metadata.name': 'example.com:signer:v1',
    'spec.signerName': 'example.com/signer',
  })),
  creation('bundle wrong name', bundle({ 'spec.signerName': 'example.com/signer' })),
  creation('bundle of nothing', bundle({ 'spec.trustBundle': 'nothing' })),
  creation('bundle of a request', bundle({ 'spec.trustBundle': atob(request) })),
  creation('bundle twice', bundle({ 'spec.trustBundle': atob(certificate).repeat(2) })),
  change('bundle new signer', bundle(), { 'spec.signerName': 'example.com/signer' }),
];
