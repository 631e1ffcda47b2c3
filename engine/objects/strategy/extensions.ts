import type {
  MutatingWebhookConfiguration,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../generated/admissionregistration-v1.generated.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
} from '../generated/apiextensions-v1.generated.ts';
import type { APIService } from '../generated/apiregistration-v1.generated.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  PodCertificateRequest,
} from '../generated/certificates-v1.generated.ts';
import type { FlowSchema } from '../generated/flowcontrol-v1.generated.ts';
import type {
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from '../generated/resource-v1.generated.ts';
import type { StorageVersionMigration } from '../generated/storagemigration-v1.generated.ts';
import { isKnownFormat } from '../string-formats.ts';
import { goQuote } from '../go-text.ts';
import type { Schema } from '../schema.ts';
import { sameValue } from '../validation/same-value.ts';
import { kindStrategy } from './kind-strategy.ts';
import {
  keepMetadata,
  keepSpec,
  keepStatus,
  nextGeneration,
  withField,
  withGeneration,
  withStatus,
} from './steps.ts';

/** What extends the API server: webhooks, policies, definitions, certificates, devices, flow control. */

const staticSuffix = '.static.k8s.io';

const staticName = (name = '') =>
  name.endsWith(staticSuffix)
    ? [
        `metadata.name: names ending with "${staticSuffix}" are reserved for static manifest-based configurations and cannot be managed via the API`,
      ]
    : [];

/** Admission never sees who asks what they may do. */
const unseen: Readonly<Record<string, readonly string[]>> = {
  'authentication.k8s.io': ['selfsubjectreviews', 'tokenreviews'],
  'authorization.k8s.io': [
    'localsubjectaccessreviews',
    'selfsubjectaccessreviews',
    'selfsubjectrulesreviews',
    'subjectaccessreviews',
  ],
};

function unseenResources({ apiGroups = [], resources = [] }: RuleWithOperations): string[] {
  if (apiGroups.includes('*') || resources.includes('*')) return [];
  const named = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      unseen[group]?.includes(resource) ? [`${resource}.${group}`] : [],
    ),
  );
  return [...new Set(named)];
}

type WebhookConfiguration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

export const webhookConfiguration = kindStrategy<WebhookConfiguration>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) =>
    nextGeneration(object, old, sameValue(object.webhooks, old.webhooks)),
  warnings: ({ metadata, webhooks }, old) => [
    ...(old ? staticName(metadata.name) : []),
    ...(webhooks ?? []).flatMap(({ rules }, index) =>
      (rules ?? []).flatMap((rule, position) =>
        unseenResources(rule).map(
          (resource) =>
            `webhooks[${index}].rules[${position}]: ${resource} is excluded from admission webhooks; this rule will have no effect`,
        ),
      ),
    ),
  ],
});

export const validatingAdmissionPolicy = kindStrategy<ValidatingAdmissionPolicy>({
  prepareForCreate: (object) => withGeneration(withStatus(object, {}), 1),
  prepareForUpdate: (object, old) => nextGeneration(keepStatus(object, old), old),
  subresources: { status: (object, old) => keepMetadata(keepSpec(object, old), old) },
  warnings: ({ metadata }, old) => (old ? staticName(metadata.name) : []),
});

/** Bindings of policies, and policies without a status. */
export const policyBinding = kindStrategy<ValidatingAdmissionPolicyBinding>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) => nextGeneration(object, old),
  warnings: ({ metadata }, old) => (old ? staticName(metadata.name) : []),
});

type Status = NonNullable<CustomResourceDefinition['status']>;

/** A version that was stored once stays so until it is said to be gone. */
function withStoredVersion(object: CustomResourceDefinition): CustomResourceDefinition {
  const { storedVersions, ...status } = object.status ?? ({} as Status);
  const stored = object.spec.versions?.find(({ storage }) => storage)?.name;
  const known = storedVersions ?? [];
  if (stored === undefined || known.includes(stored)) return object;
  return { ...object, status: { ...status, storedVersions: [...known, stored] } };
}

/** Lists and names of a status that were never set are null and empty. */
const emptyStatus = {
  conditions: null,
  acceptedNames: { plural: '', kind: '' },
  storedVersions: null,
} as unknown as Status;

function schemasOf({ versions }: CustomResourceDefinitionSpec): readonly Schema[] {
  return (versions ?? []).flatMap(({ schema }) =>
    schema?.openAPIV3Schema ? [schema.openAPIV3Schema as Schema] : [],
  );
}

/** The schema and all inside of it. */
function everySchema(schema: Schema): readonly Schema[] {
  const { items, properties = {}, additionalProperties, allOf, anyOf, oneOf, not } = schema;
  const inner = [
    ...(items ? [items] : []),
    ...Object.values(properties),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(allOf ?? []),
    ...(anyOf ?? []),
    ...(oneOf ?? []),
    ...(not ? [not] : []),
  ];
  return [schema, ...inner.flatMap(everySchema)];
}

function schemaWarnings({ spec }: CustomResourceDefinition): readonly string[] {
  const schemas = schemasOf(spec).flatMap(everySchema);
  const formats = schemas.flatMap(({ format }) =>
    format && !isKnownFormat(format) ? [`unrecognized format ${goQuote(format)}`] : [],
  );
  const sets = schemas.flatMap((schema) => {
    const type = schema['x-kubernetes-list-type'] === 'set' ? schema.items?.type : undefined;
    return type === 'object' || type === 'array'
      ? [
          `x-kubernetes-list-type: set for items of type "${type}" is not supported by server-side apply or CEL validation rules`,
        ]
      : [];
  });
  return [...new Set([...formats.toSorted(), ...sets.toSorted()])];
}

export const customResourceDefinition = kindStrategy<CustomResourceDefinition>({
  prepareForCreate: (object) =>
    withStoredVersion(withGeneration(withStatus(object, emptyStatus), 1)),
  prepareForUpdate: (object, old) =>
    withStoredVersion(nextGeneration(keepStatus(object, old), old)),
  subresources: { status: keepSpec },
  warnings: (object, old) => {
    const before = old ? schemaWarnings(old) : [];
    return schemaWarnings(object).filter((warning) => !before.includes(warning));
  },
});

export const apiService = kindStrategy<APIService>({
  prepareForCreate: (object, { now }) => {
    if (object.spec?.service) return withStatus(object, {});
    const local = {
      type: 'Available',
      status: 'True',
      lastTransitionTime: now,
      reason: 'Local',
      message: 'Local APIServices are always available',
    };
    return withStatus(object, { conditions: [local] });
  },
  prepareForUpdate: (object, old) => keepStatus(object, old),
  subresources: {
    status: (object, old) => {
      const { generation, deletionTimestamp, ...kept } = keepMetadata(object, old).metadata;
      void [generation, deletionTimestamp];
      return keepSpec({ ...object, metadata: { ...object.metadata, ...kept } }, old);
    },
  },
});

type Conditions = readonly CertificateSigningRequestCondition[];

function withTimes(conditions: Conditions, before: Conditions, now: string): Conditions {
  return conditions.map((condition) => {
    const same = before.find(
      (other) =>
        other.type === condition.type &&
        other.status === condition.status &&
        other.lastTransitionTime,
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || (same?.lastTransitionTime ?? now),
    };
  });
}

/** Decisions are made by approval only; in the status they are as they were, if there are as many. */
function withOldDecisions(conditions: Conditions, before: Conditions): Conditions {
  let result = conditions;
  for (const type of ['Approved', 'Denied']) {
    const kept = before.filter((condition) => condition.type === type);
    if (kept.length !== result.filter((condition) => condition.type === type).length) continue;
    let next = 0;
    result = result.map((condition) =>
      condition.type === type ? (kept[next++] ?? condition) : condition,
    );
  }
  return result;
}

export const certificateSigningRequest = kindStrategy<CertificateSigningRequest>({
  prepareForCreate: (object, { user }) => {
    const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = object.spec;
    const { username, uid, groups = [], extra = {} } = user ?? {};
    return {
      ...withStatus(object, {}),
      spec: {
        ...spec,
        ...(username ? { username } : {}),
        ...(uid ? { uid } : {}),
        ...(groups.length > 0 ? { groups } : {}),
        ...(Object.keys(extra).length > 0 ? { extra } : {}),
      },
    };
  },
  prepareForUpdate: (object, old) => keepStatus(keepSpec(object, old), old),
  subresources: {
    status: (object, old, { now }) => {
      const before = old.status?.conditions ?? [];
      const conditions = withOldDecisions(object.status?.conditions ?? [], before);
      return withConditions(keepSpec(object, old), withTimes(conditions, before, now));
    },
    approval: (object, old, { now }) => {
      const conditions = object.status?.conditions ?? [];
      const times = withTimes(conditions, old.status?.conditions ?? [], now);
      return withConditions(keepStatus(keepSpec(object, old), old), times);
    },
  },
});

function withConditions(
  object: CertificateSigningRequest,
  conditions: Conditions,
): CertificateSigningRequest {
  const status = object.status ?? {};
  return {
    ...object,
    status: withField(status, 'conditions', conditions.length > 0 ? conditions : undefined),
  };
}

/** Kinds with a status that only its subresource changes, along with nothing else. */
export const plainStatus = kindStrategy<
  PodCertificateRequest | StorageVersionMigration | ResourceClaim
>({
  prepareForCreate: (object) => withStatus(object, {} as typeof object.status),
  prepareForUpdate: (object, old) => keepStatus(object, old),
  subresources: { status: (object, old) => keepMetadata(keepSpec(object, old), old) },
});

/** Flow schemas and priority levels: a status update leaves all metadata alone. */
export const flowControl = kindStrategy<FlowSchema>({
  prepareForCreate: (object) => withGeneration(withStatus(object, {}), 1),
  prepareForUpdate: (object, old) => nextGeneration(keepStatus(object, old), old),
  subresources: {
    status: (object, old) => ({
      ...keepSpec(object, old),
      metadata: withField(old.metadata, 'managedFields', object.metadata.managedFields),
    }),
  },
});

export const deviceClass = kindStrategy<DeviceClass>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) => nextGeneration(object, old),
});

export const resourceSlice = kindStrategy<ResourceSlice>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) => nextGeneration(object, old),
  warnings: ({ spec: { driver } }) =>
    driver === driver.toLowerCase()
      ? []
      : [
          `spec.driver: driver names should be lowercase; ${goQuote(driver)} contains uppercase characters`,
        ],
});

export const deviceTaintRule = kindStrategy<DeviceTaintRule>({
  prepareForCreate: (object) => withGeneration(withStatus(object, {}), 1),
  prepareForUpdate: (object, old, { now }) => {
    const kept = keepStatus(object, old);
    const { taint } = kept.spec;
    const before = old.spec.taint;
    const restarts = taint.effect !== before.effect && taint.timeAdded === before.timeAdded;
    const next = restarts
      ? { ...kept, spec: { ...kept.spec, taint: { ...taint, timeAdded: now } } }
      : kept;
    return nextGeneration(next, old);
  },
  subresources: { status: (object, old) => keepMetadata(keepSpec(object, old), old) },
});
