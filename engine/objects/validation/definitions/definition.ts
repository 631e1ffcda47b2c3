import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from '../../generated/apiextensions-v1.generated.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../names.ts';
import { webhookService, webhookUrl } from '../client-config.ts';
import { immutable, kindValidation } from '../kind-validation.ts';
import { anyObjectMeta, anyObjectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { each, Seen } from '../rules.ts';
import { commonFields, commonParts, versionList } from './versions.ts';

/**
 * Definitions of custom resources. What all versions have in common is reported at the top of the
 * specification (`spec.validation`), where an earlier API had it.
 */

type Spec = CustomResourceDefinition['spec'];

/** A list that was never set is null. */
const listOf = <T>(list: readonly T[] | null | undefined): readonly T[] => list ?? [];

function spec(given: Spec, at: Place): void {
  const { group, scope, conversion } = given;
  const versions = listOf(given.versions);
  const groupAt = at.child('group');
  if (group === '') groupAt.required();
  else if (isDns1123Subdomain(group).length > 0) {
    groupAt.invalidJoined(group, isDns1123Subdomain(group));
  } else if (!group.includes('.')) {
    groupAt.invalid(group, 'should be a domain with at least one dot');
  }
  oneOf(scope, ['Cluster', 'Namespaced'], at.child('scope'));
  const inCommon = commonFields(versions);
  versionList(given.versions, at, inCommon);
  const { names } = given;
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names?.[field]) at.child('names').child(field).required();
  }
  resourceNames(names ?? {}, at.child('names'));
  commonParts(versions, at, inCommon);
  if (conversion) conversionRules(conversion, at.child('conversion'));
  const preserves = given.preserveUnknownFields === true;
  if (preserves && conversion && conversion.strategy !== 'None') {
    at.child('conversion')
      .child('strategy')
      .invalid(conversion.strategy, 'must be None if spec.preserveUnknownFields is true');
  }
  if (preserves) {
    at.child('preserveUnknownFields').invalid(
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
  }
}

function oneOf(value: string | undefined, known: readonly string[], at: Place): void {
  if (!value) at.required();
  else if (!known.includes(value)) at.notSupported(value, known);
}

function resourceNames(names: Partial<CustomResourceDefinitionNames>, at: Place): void {
  const mixed = 'may have mixed case, but should otherwise match: ';
  for (const field of ['plural', 'singular'] as const) {
    const name = names[field];
    if (name) at.child(field).invalidJoined(name, isDns1035Label(name));
  }
  for (const field of ['kind', 'listKind'] as const) {
    const name = names[field];
    if (name) at.child(field).invalidJoined(name, isDns1035Label(name.toLowerCase()), mixed);
  }
  const labels = each<string>((name, place) => place.invalidJoined(name, isDns1035Label(name)));
  labels(names.shortNames, at.child('shortNames'));
  if (names.kind && names.kind === names.listKind) {
    at.child('listKind').invalid(names.listKind, 'kind and listKind may not be the same');
  }
  labels(names.categories, at.child('categories'));
}

const reviewVersions = ['v1', 'v1beta1'];

function conversionRules({ strategy, webhook }: CustomResourceConversion, at: Place): void {
  oneOf(strategy, ['None', 'Webhook'], at.child('strategy'));
  const clientAt = at.child('webhookClientConfig');
  const versionsAt = at.child('conversionReviewVersions');
  const client = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (client) clientAt.forbidden(detail);
    if (versions.length > 0) versionsAt.forbidden(detail);
    return;
  }
  if (!client) clientAt.required('required when strategy is set to Webhook');
  else if ((client.url === undefined) === (client.service === undefined)) {
    clientAt.required('exactly one of url or service is required');
  } else if (client.url !== undefined) webhookUrl(client.url, clientAt.child('url'));
  else if (client.service) webhookService(client.service, clientAt.child('service'), true);
  if (versions.length === 0) return versionsAt.required();
  const seen = new Seen();
  each<string>((version, place) => {
    if (seen.add(version)) place.invalidEach(version, isDns1035Label(version));
    else place.invalid(version, 'duplicate version');
  })(versions, versionsAt);
  if (!versions.some((version) => reviewVersions.includes(version))) {
    versionsAt.invalid(versions, `must include at least one of ${reviewVersions.join(', ')}`);
  }
}

const approval = 'api-approved.kubernetes.io';

/** Groups of the Kubernetes project need a word that their API was approved. */
function apiApproval({ metadata, spec: { group } }: CustomResourceDefinition, at: Place) {
  const isProtected = ['k8s.io', 'kubernetes.io'].some(
    (domain) => group === domain || group.endsWith(`.${domain}`),
  );
  const text = metadata.annotations?.[approval] ?? '';
  if (!isProtected || text.startsWith('unapproved')) return;
  const place = at.child('metadata').child('annotations').key(approval);
  const where = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const needed = `protected groups must have approval annotation "${approval}"`;
  if (text === '') place.required(`${needed}, ${where}`);
  else if (!/^[a-z][a-z\d+.-]*:\/\/[^/]+/i.test(text)) {
    place.invalid(
      text,
      `${needed} with either a URL or a reason starting with "unapproved", ${where}`,
    );
  }
}

function status(
  { status: given, spec: { versions } }: CustomResourceDefinition,
  root: Place,
): void {
  const at = root.child('status');
  resourceNames(given?.acceptedNames ?? {}, at.child('acceptedNames'));
  const stored = given?.storedVersions ?? [];
  const place = at.child('storedVersions');
  if (stored.length === 0) return place.invalid(null, 'must have at least one stored version');
  for (const { name, storage } of listOf(versions)) {
    if (storage && !stored.includes(name)) {
      place.invalid(stored, `must have the storage version ${name}`);
    }
  }
  for (const [index, name] of stored.entries()) {
    if (listOf(versions).some((version) => version.name === name)) continue;
    place
      .index(index)
      .invalid(
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      );
  }
}

function definition(object: CustomResourceDefinition, at: Place): void {
  spec(object.spec, at.child('spec'));
  status(object, at);
}

export const customResourceDefinition = kindValidation<CustomResourceDefinition>({
  create: (object, at) => {
    const { group, names } = object.spec;
    const expected = `${names?.plural ?? ''}.${group ?? ''}`;
    anyObjectMeta(object.metadata, at.child('metadata'), {
      namespaced: false,
      nameRule: (name, isPrefix) => [
        ...subdomainName(name, isPrefix),
        ...(name === expected ? [] : ['must be spec.names.plural+"."+spec.group']),
      ],
    });
    definition(object, at);
    apiApproval(object, at);
  },
  update: (object, old, at) => {
    anyObjectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    definition(object, at);
    const place = at.child('spec');
    const isEstablished = old.status?.conditions?.some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    );
    const { names, group, scope } = object.spec;
    if (isEstablished) {
      immutable(scope, old.spec.scope, place.child('scope'));
      immutable(names.kind, old.spec.names.kind, place.child('names').child('kind'));
    }
    immutable(group, old.spec.group, place.child('group'));
    immutable(names.plural, old.spec.names.plural, place.child('names').child('plural'));
    const approved = (crd: CustomResourceDefinition) => crd.metadata.annotations?.[approval];
    if (approved(object) !== approved(old)) apiApproval(object, at);
  },
  subresources: {
    status: (object, old, at) => {
      anyObjectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
      resourceNames(object.status?.acceptedNames ?? {}, at.child('status').child('acceptedNames'));
    },
  },
});
