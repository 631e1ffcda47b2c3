import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { StorageClass } from '../../objects/generated/storage-v1.generated.ts';
import type { AccessControl } from '../auth/access-control.ts';
import { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { StoredResource } from '../registry/served-resource.ts';
import type { WebhookCaller } from '../outbound/webhook-caller.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import { Admission, type AdmissionStep } from './admission.ts';
import {
  CertificateApproval,
  CertificateSigning,
  certificateSubjectRestriction,
  ClusterTrustBundleAttest,
} from './certificates.ts';
import { PersistentVolumeClaimResize } from './claim-resize.ts';
import { DefaultIngressClass, DefaultStorageClass } from './default-classes.ts';
import { LimitRanger } from './limit-ranger.ts';
import { RequestMatcher } from './matching/request-matcher.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';
import { PodSecurity } from './pod-security/pod-security.ts';
import type { PolicyOptions } from './policies/invocations.ts';
import { MutatingPolicies } from './policies/mutating-policies.ts';
import { ValidatingPolicies } from './policies/validating-policies.ts';
import { PodTopologyLabels } from './pod-topology-labels.ts';
import { Priority } from './priority.ts';
import { ResourceQuota } from './resource-quota.ts';
import { RoleEscalation } from './role-escalation.ts';
import { RuntimeClass } from './runtime-class.ts';
import { ServiceAccount } from './service-account.ts';
import {
  defaultTolerationSeconds,
  storageObjectInUseProtection,
  taintNodesByCondition,
} from './small-defaults.ts';
import { MutatingWebhooks } from './webhooks/mutating-webhooks.ts';
import { ValidatingWebhooks } from './webhooks/validating-webhooks.ts';
import type { WebhookOptions } from './webhooks/webhooks.ts';

export interface AdmissionOptions {
  readonly registry: ResourceRegistry;
  readonly storage: ObjectStorage;
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly random: Random;
  readonly caller: WebhookCaller;
  /** told of each controller's say */
  readonly onStep: (step: AdmissionStep) => void;
  /** what went wrong without a client to be told */
  readonly onError: (error: unknown) => void;
}

/** The admission controllers that kube-apiserver has on by default, in its order. */
export function makeAdmission(options: AdmissionOptions): Admission {
  const { registry, storage, access, clock, random, caller, onStep, onError } = options;
  const stored = (group: string, plural: string): StoredResource =>
    registry.stored(group, 'v1', plural);
  const lister = <T>(group: string, plural: string): Lister<T> => new Lister(stored(group, plural));
  const storageClasses = lister<StorageClass>('storage.k8s.io', 'storageclasses');
  const quotas = stored('', 'resourcequotas');
  const namespaces = stored('', 'namespaces');
  const matcher = new RequestMatcher(registry, namespaces);
  const policies = <P, B>(plural: string, bindings: string): PolicyOptions<P, B> => ({
    policies: lister('admissionregistration.k8s.io', plural),
    bindings: lister('admissionregistration.k8s.io', bindings),
    registry,
    matcher,
    authorizer: access.authorizer,
  });
  const webhooks = (plural: string): WebhookOptions => ({
    configurations: lister('admissionregistration.k8s.io', plural),
    matcher,
    caller,
    authorizer: access.authorizer,
    random,
    onError,
  });
  const plugins = [
    new NamespaceLifecycle(storage, namespaces),
    new PodTopologyLabels(lister('', 'nodes')),
    new LimitRanger(lister('', 'limitranges')),
    new ServiceAccount(lister('', 'serviceaccounts'), random),
    taintNodesByCondition,
    new PodSecurity(namespaces, lister('', 'pods')),
    new Priority(lister('scheduling.k8s.io', 'priorityclasses')),
    defaultTolerationSeconds,
    new DefaultStorageClass(storageClasses),
    storageObjectInUseProtection,
    new PersistentVolumeClaimResize(storageClasses),
    new RuntimeClass(lister('node.k8s.io', 'runtimeclasses')),
    new CertificateApproval(access.authorizer),
    new CertificateSigning(access.authorizer),
    new ClusterTrustBundleAttest(access.authorizer),
    certificateSubjectRestriction,
    new DefaultIngressClass(lister('networking.k8s.io', 'ingressclasses')),
    new RoleEscalation(access.authorizer, access.rbac),
    new MutatingPolicies(policies('mutatingadmissionpolicies', 'mutatingadmissionpolicybindings')),
    new MutatingWebhooks(webhooks('mutatingwebhookconfigurations')),
    new ValidatingPolicies(
      policies('validatingadmissionpolicies', 'validatingadmissionpolicybindings'),
    ),
    new ValidatingWebhooks(webhooks('validatingwebhookconfigurations')),
    new ResourceQuota(storage, quotas, new Lister(quotas), clock),
  ];
  return new Admission(plugins, clock, onStep);
}
