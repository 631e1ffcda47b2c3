import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../generated/apiextensions-v1.generated.ts';
import { isDns1035Label } from '../../names.ts';
import type { Schema } from '../../schema.ts';
import { JsonText } from '../field-error.ts';
import { asInternal } from '../internal.ts';
import type { Place } from '../place.ts';
import { byteLength, each, type Rule, Seen } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { rootSchema } from './schema.ts';
import { selectableFields } from './selectable-fields.ts';

/**
 * Versions of a definition. What all of them have in common is reported at the top of the
 * specification (`spec.validation`), where an earlier API had it.
 */

type Version = CustomResourceDefinitionVersion;

const partFields = [
  'schema',
  'subresources',
  'additionalPrinterColumns',
  'selectableFields',
] as const;
type PartField = (typeof partFields)[number];

/** The parts that are the same in all versions. */
export function commonFields(versions: readonly Version[]): ReadonlySet<PartField> {
  const [first] = versions;
  const isCommon = (field: PartField) =>
    versions.every((version) => sameValue(version[field], first?.[field]));
  return new Set(partFields.filter(isCommon));
}

/** Each version with the parts of its own, then all of them together. */
export function versionList(
  given: readonly Version[] | null,
  at: Place,
  inCommon: ReadonlySet<PartField>,
): void {
  const versions = given ?? [];
  const place = at.child('versions');
  for (const [index, { schema }] of versions.entries()) {
    if (schema?.openAPIV3Schema) continue;
    place.index(index).child('schema').child('openAPIV3Schema').required();
  }
  const names = new Seen();
  let isUnique = true;
  each<Version>((version, item) => {
    const { name, deprecated, deprecationWarning } = version;
    item.child('name').invalidJoined(name, isDns1035Label(name));
    isUnique = names.add(name) && isUnique;
    if (deprecationWarning !== undefined) {
      warningProblems(deprecationWarning, deprecated ?? false, item.child('deprecationWarning'));
    }
    const own = withoutParts(version, inCommon);
    parts(own, version, item, item.child('schema'), hasStatus(version));
  })(versions, place);
  const printed = () =>
    asInternal(
      'CustomResourceDefinitionVersion',
      given?.map((version) => withoutParts(version, inCommon)),
    );
  if (!isUnique) place.invalid(printed(), 'must contain unique version names');
  if (versions.filter(({ storage }) => storage).length !== 1) {
    place.invalid(printed(), 'must have exactly one version marked as storage version');
  }
  const first = versions[0]?.name ?? '';
  if (first) at.child('version').invalidJoined(first, isDns1035Label(first));
}

/** The parts that all versions have in common. */
export function commonParts(
  versions: readonly Version[],
  at: Place,
  inCommon: ReadonlySet<PartField>,
): void {
  const [first] = versions;
  if (!first) return;
  const own = new Set(partFields.filter((field) => !inCommon.has(field)));
  parts(withoutParts(first, own), first, at, at.child('validation'), versions.some(hasStatus));
}

const hasStatus = ({ subresources: given }: Version) => given?.status !== undefined;

function withoutParts(version: Version, dropped: ReadonlySet<PartField>): Partial<Version> {
  return Object.fromEntries(
    Object.entries(version).filter(([field]) => !dropped.has(field as PartField)),
  );
}

/** `part` has those parts of `version` that are looked at here. */
function parts(
  part: Partial<Version>,
  { schema: { openAPIV3Schema: whole } = {} }: Version,
  at: Place,
  schemaAt: Place,
  status: boolean,
): void {
  const schema = part.schema?.openAPIV3Schema;
  if (schema) rootSchema(schema as Schema, schemaAt.child('openAPIV3Schema'), status);
  if (part.subresources) subresources(part.subresources, at.child('subresources'));
  each(column)(part.additionalPrinterColumns, at.child('additionalPrinterColumns'));
  if (part.selectableFields?.length) {
    const fieldsAt = at.child('selectableFields');
    selectableFields(part.selectableFields, whole as Schema | undefined, fieldsAt);
  }
}

function warningProblems(warning: string, deprecated: boolean, at: Place): void {
  const report = (message: string) => at.invalid(new JsonText(warning), message);
  if (!deprecated) return report('can only be set for deprecated versions');
  if (byteLength(warning) > 256) report('must be <= 256 characters long');
  if (warning === '') report('must not be an empty string');
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning);
  if (unprintable) {
    const index = byteLength(warning.slice(0, unprintable.index));
    report(
      `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
    );
  }
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];

const column: Rule<CustomResourceColumnDefinition> = ({ name, type, format, jsonPath }, at) => {
  if (!name) at.child('name').required();
  const types = `must be one of ${columnTypes.join(',')}`;
  if (!type) at.child('type').required(types);
  else if (!columnTypes.includes(type)) at.child('type').invalid(type, types);
  if (format && !columnFormats.includes(format)) {
    at.child('format').invalid(format, `must be one of ${columnFormats.join(',')}`);
  }
  const place = at.child('JSONPath');
  if (jsonPath) simplePath(jsonPath, place);
  else place.required();
};

/** Returns whether nothing was wrong. */
function simplePath(path: string, at: Place): boolean {
  if (path.startsWith('.')) return true;
  at.invalid(path, 'must be a simple json path starting with .');
  return false;
}

function subresources({ scale }: CustomResourceSubresources, at: Place): void {
  if (!scale) return;
  const inside = (field: 'specReplicasPath' | 'statusReplicasPath', root: string) => {
    const path = scale[field];
    const place = at.child('scale').child(field);
    if (!path) place.required();
    else if (simplePath(path, place) && !path.startsWith(`.${root}.`)) {
      place.invalid(path, `should be a json path under .${root}`);
    }
  };
  inside('specReplicasPath', 'spec');
  inside('statusReplicasPath', 'status');
  const path = scale.labelSelectorPath;
  const place = at.child('scale').child('labelSelectorPath');
  if (path && simplePath(path, place) && !/^\.(?:spec|status)\./.test(path)) {
    place.invalid(new JsonText(path), 'should be a json path under either .spec or .status');
  }
}
