import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  NamedRuleWithOperations,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from '../generated/admissionregistration-v1.generated.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from '../generated/apiextensions-v1.generated.ts';
import type { APIService, APIServiceSpec } from '../generated/apiregistration-v1.generated.ts';
import type { TokenRequest } from '../generated/authentication-v1.generated.ts';
import type { EndpointPort, EndpointSlice } from '../generated/discovery-v1.generated.ts';
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../generated/flowcontrol-v1.generated.ts';
import type {
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../generated/networking-v1.generated.ts';
import type {
  ClusterRoleBinding,
  RoleBinding,
  RoleRef,
  Subject,
} from '../generated/rbac-v1.generated.ts';
import type { PriorityClass } from '../generated/scheduling-v1.generated.ts';
import type { CSIDriver, CSIDriverSpec, StorageClass } from '../generated/storage-v1.generated.ts';
import { defaulting, each, isEmpty } from './defaulting.ts';

/** Defaults of the groups that have few. */

const networkPolicyPorts = each(defaulting<NetworkPolicyPort>({ missing: { protocol: 'TCP' } }));
const networkPolicyRules = each(
  defaulting<{ ports?: readonly NetworkPolicyPort[] }>({ within: { ports: networkPolicyPorts } }),
);

export const networkPolicy = defaulting<NetworkPolicy>({
  within: {
    spec: defaulting<NetworkPolicySpec>({
      first: (spec) =>
        isEmpty(spec.policyTypes)
          ? { ...spec, policyTypes: isEmpty(spec.egress) ? ['Ingress'] : ['Ingress', 'Egress'] }
          : spec,
      within: { ingress: networkPolicyRules, egress: networkPolicyRules },
    }),
  },
});

export const ingressClass = defaulting<IngressClass>({
  within: {
    spec: defaulting({ within: { parameters: defaulting({ missing: { scope: 'Cluster' } }) } }),
  },
});

const rbacGroup = 'rbac.authorization.k8s.io';
const roleRef = defaulting<RoleRef>({ zero: { apiGroup: rbacGroup } });
const subjects = each(
  defaulting<Subject>({
    missing: {
      apiGroup: ({ kind }) => (kind === 'User' || kind === 'Group' ? rbacGroup : undefined),
    },
  }),
);
export const roleBinding = defaulting<RoleBinding>({ within: { roleRef, subjects } });
export const clusterRoleBinding = defaulting<ClusterRoleBinding>({ within: { roleRef, subjects } });

export const storageClass = defaulting<StorageClass>({
  missing: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
});

export const csiDriver = defaulting<CSIDriver>({
  within: {
    spec: defaulting<CSIDriverSpec>({
      missing: {
        attachRequired: true,
        podInfoOnMount: false,
        storageCapacity: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: ['Persistent'],
        requiresRepublish: false,
        seLinuxMount: false,
        preventPodSchedulingIfMissing: false,
      },
    }),
  },
});

export const priorityClass = defaulting<PriorityClass>({
  missing: { preemptionPolicy: 'PreemptLowerPriority' },
});

export const endpointSlice = defaulting<EndpointSlice>({
  within: {
    ports: each(defaulting<EndpointPort>({ missing: { name: '', protocol: 'TCP' } })),
  },
});

/** One hour, in seconds. */
const tokenLifetime = 3600;

export const tokenRequest = defaulting<TokenRequest>({
  within: { spec: defaulting({ missing: { expirationSeconds: tokenLifetime } }) },
});

const port443 = { service: defaulting<{ port?: number }>({ missing: { port: 443 } }) };
const webhookClient = defaulting<WebhookClientConfig>({ within: port443 });
const ruleScope = { missing: { scope: '*' } } as const;
const rules = each(defaulting<RuleWithOperations>(ruleScope));
const namedRules = each(defaulting<NamedRuleWithOperations>(ruleScope));

const webhook = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
} as const;

export const validatingWebhookConfiguration = defaulting<ValidatingWebhookConfiguration>({
  within: {
    webhooks: each(
      defaulting<ValidatingWebhook>({
        missing: webhook,
        within: { clientConfig: webhookClient, rules },
      }),
    ),
  },
});

export const mutatingWebhookConfiguration = defaulting<MutatingWebhookConfiguration>({
  within: {
    webhooks: each(
      defaulting<MutatingWebhook>({
        missing: { ...webhook, reinvocationPolicy: 'Never' },
        within: { clientConfig: webhookClient, rules },
      }),
    ),
  },
});

const matchResources = defaulting<MatchResources>({
  missing: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} },
  within: { resourceRules: namedRules, excludeResourceRules: namedRules },
});

const policySpec = defaulting<{ failurePolicy?: string; matchConstraints?: MatchResources }>({
  missing: { failurePolicy: 'Fail' },
  within: { matchConstraints: matchResources },
});
const bindingSpec = defaulting<{ matchResources?: MatchResources }>({ within: { matchResources } });

export const validatingAdmissionPolicy = defaulting<ValidatingAdmissionPolicy>({
  within: { spec: policySpec },
});
export const validatingAdmissionPolicyBinding = defaulting<ValidatingAdmissionPolicyBinding>({
  within: { spec: bindingSpec },
});
export const mutatingAdmissionPolicy = defaulting<MutatingAdmissionPolicy>({
  within: { spec: policySpec },
});
export const mutatingAdmissionPolicyBinding = defaulting<MutatingAdmissionPolicyBinding>({
  within: { spec: bindingSpec },
});

export const flowSchema = defaulting<FlowSchema>({
  within: { spec: defaulting({ zero: { matchingPrecedence: 1000 } }) },
});

export const priorityLevelConfiguration = defaulting<PriorityLevelConfiguration>({
  within: {
    spec: defaulting<PriorityLevelConfigurationSpec>({
      within: {
        exempt: defaulting({ missing: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
        limited: defaulting<LimitedPriorityLevelConfiguration>({
          missing: { nominalConcurrencyShares: 30, lendablePercent: 0 },
          within: {
            limitResponse: defaulting({
              within: {
                queuing: defaulting<QueuingConfiguration>({
                  zero: { handSize: 8, queues: 64, queueLengthLimit: 50 },
                }),
              },
            }),
          },
        }),
      },
    }),
  },
});

const definitionSpec = defaulting<CustomResourceDefinitionSpec>({
  missing: { conversion: { strategy: 'None' } },
  within: {
    names: defaulting<CustomResourceDefinitionNames>({
      missing: {
        singular: ({ kind }) => kind?.toLowerCase(),
        listKind: ({ kind }) => (kind ? `${kind}List` : undefined),
      },
    }),
    conversion: defaulting({
      within: {
        webhook: defaulting({ within: { clientConfig: defaulting({ within: port443 }) } }),
      },
    }),
  },
});

export const customResourceDefinition = defaulting<CustomResourceDefinition>({
  first: (given) => {
    const stored = given.spec.versions?.find(({ storage }) => storage)?.name;
    if (!isEmpty(given.status?.storedVersions) || stored === undefined) return given;
    return { ...given, status: { ...given.status, storedVersions: [stored] } };
  },
  within: { spec: definitionSpec },
});

export const apiService = defaulting<APIService>({
  within: { spec: defaulting<APIServiceSpec>({ within: port443 }) },
});
