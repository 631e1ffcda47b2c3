import type {
  ConfigMap,
  LimitRange,
  LimitRangeItem,
  PodTemplate,
  Secret,
  ServiceAccount,
} from '../../generated/core-v1.generated.ts';
import { isConfigMapKey, isQualifiedName } from '../../names.ts';
import { Quantity } from '../../quantity.ts';
import { kindValidation } from '../kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { Place } from '../place.ts';
import { podTemplateSpec } from '../pod/pod.ts';
import { containerResourceName, isOvercommitAllowed, resourceName } from '../resource-names.ts';
import { byteLength, Seen, type Rule } from '../rules.ts';
import { sameValue } from '../same-value.ts';
import { isJsonObject } from '../json-object.ts';

/** ConfigMaps, Secrets, ServiceAccounts, LimitRanges and PodTemplates. */

interface Named {
  readonly metadata?: ObjectMeta;
}

function meta({ metadata = {} }: Named, at: Place): void {
  objectMeta(metadata, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
}

function metaUpdate(value: Named, old: Named, at: Place): void {
  objectMetaUpdate(value.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
}

/** Bytes of all values of a ConfigMap or Secret. */
const dataLimit = 1024 * 1024;

/** Bytes that a text in base64 stands for. */
const decodedLength = (base64: string) =>
  (base64.length / 4) * 3 - (/=*$/.exec(base64)?.[0].length ?? 0);

function configMapData(value: ConfigMap, at: Place): void {
  meta(value, at);
  const { data = {}, binaryData = {} } = value;
  let size = 0;
  for (const [key, text] of Object.entries(data)) {
    const place = at.child('data').key(key);
    place.invalidEach(key, isConfigMapKey(key));
    if (Object.hasOwn(binaryData, key)) {
      place.invalid(key, 'duplicate of key present in binaryData');
    }
    size += byteLength(text);
  }
  for (const [key, bytes] of Object.entries(binaryData)) {
    at.child('binaryData').key(key).invalidEach(key, isConfigMapKey(key));
    size += decodedLength(bytes);
  }
  if (size > dataLimit) Place.root(at.errors).tooLong(dataLimit);
}

/** What may not change once an object says it is immutable. */
function staysImmutable<T extends { readonly immutable?: boolean }>(
  value: T,
  old: T,
  at: Place,
  fields: readonly (keyof T & string)[],
): void {
  if (!old.immutable) return;
  const why = 'field is immutable when `immutable` is set';
  if (!value.immutable) at.child('immutable').forbidden(why);
  for (const field of fields) {
    if (!sameValue(value[field], old[field])) at.child(field).forbidden(why);
  }
}

export const configMap = kindValidation<ConfigMap>({
  create: configMapData,
  update: (value, old, at) => {
    metaUpdate(value, old, at);
    staysImmutable(value, old, at, ['data', 'binaryData']);
    configMapData(value, at);
  },
});

const serviceAccountName = 'kubernetes.io/service-account.name';

/** Keys that Secrets of some types have to have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function secretData(value: Secret, at: Place): void {
  meta(value, at);
  const { data = {}, type = '' } = value;
  const dataAt = at.child('data');
  let size = 0;
  for (const [key, bytes] of Object.entries(data)) {
    dataAt.key(key).invalidEach(key, isConfigMapKey(key));
    size += decodedLength(bytes);
  }
  if (size > dataLimit) dataAt.tooLong(dataLimit);
  if (type === 'kubernetes.io/service-account-token') {
    if (!value.metadata?.annotations?.[serviceAccountName]) {
      at.child('metadata').child('annotations').key(serviceAccountName).required();
    }
  } else if (type === 'kubernetes.io/basic-auth') {
    if (data['username'] === undefined && data['password'] === undefined) {
      dataAt.key('username').required();
      dataAt.key('password').required();
    }
  }
  for (const key of requiredKeys[type] ?? []) {
    const bytes = data[key];
    if (bytes === undefined || (bytes === '' && key === 'ssh-privatekey')) {
      dataAt.key(key).required();
    } else if (key.startsWith('.docker')) {
      const problem = isJsonObject(atob(bytes));
      if (problem !== undefined) {
        dataAt.key(key).invalid('<secret contents redacted>', problem);
      }
    }
  }
}

export const secret = kindValidation<Secret>({
  create: secretData,
  update: (value, old, at) => {
    metaUpdate(value, old, at);
    if (value.type !== old.type) at.child('type').invalid(value.type ?? '', 'field is immutable');
    staysImmutable(value, old, at, ['data']);
    secretData(value, at);
  },
});

export const serviceAccount = kindValidation<ServiceAccount>({
  create: meta,
  update: (value, old, at) => {
    metaUpdate(value, old, at);
    meta(value, at);
  },
});

export const podTemplate = kindValidation<PodTemplate>({
  create: (value, at) => {
    meta(value, at);
    podTemplateSpec(value.template ?? {}, at.child('template'));
  },
  update: (value, old, at) => {
    metaUpdate(value, old, at);
    podTemplateSpec(value.template ?? {}, at.child('template'));
  },
});

const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

function limitType(type: string, at: Place): void {
  const messages = isQualifiedName(type);
  at.invalidEach(type, messages);
  if (messages.length === 0 && !type.includes('/') && !limitTypes.includes(type)) {
    at.invalid(type, 'must be a standard limit type or fully qualified');
  }
}

type LimitList = 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';

const limitRangeItem: Rule<LimitRangeItem> = (item, at) => {
  const { type } = item;
  const isPod = type === 'Pod';
  const nameRule = isPod || type === 'Container' ? containerResourceName : resourceName;
  const names = new Set<string>();
  const look = (list: LimitList) => {
    if (isPod && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(item[list] ?? {}).length > 0) {
        at.child(list).forbidden("may not be specified when `type` is 'Pod'");
      }
      return;
    }
    for (const name of Object.keys(item[list] ?? {})) {
      nameRule(name, at.child(list).key(name));
      names.add(name);
    }
  };
  for (const list of ['max', 'min', 'default', 'defaultRequest'] as const) look(list);
  if (
    type === 'PersistentVolumeClaim' &&
    item.min?.['storage'] === undefined &&
    item.max?.['storage'] === undefined
  ) {
    at.child('limits').required(
      'either minimum or maximum storage value is required, but neither was provided',
    );
  }
  look('maxLimitRequestRatio');
  for (const name of names) limitsInOrder(item, name, at);
};

/** min ≤ default request ≤ default ≤ max, and a ratio that they allow. */
function limitsInOrder(item: LimitRangeItem, name: string, at: Place): void {
  const read = (list: LimitList) => {
    const isUnread = item.type === 'Pod' && (list === 'default' || list === 'defaultRequest');
    const text = isUnread ? undefined : item[list]?.[name];
    return text === undefined ? undefined : Quantity.parse(text);
  };
  const min = read('min');
  const max = read('max');
  const limit = read('default');
  const request = read('defaultRequest');
  const ratio = read('maxLimitRequestRatio');
  const ordered = (
    list: LimitList,
    reported: Quantity | undefined,
    [small, smallName]: readonly [Quantity | undefined, string],
    [large, largeName]: readonly [Quantity | undefined, string],
  ) => {
    if (!small || !large || small.compare(large) <= 0) return;
    at.child(list)
      .key(name)
      .invalid(
        String(reported),
        `${smallName} value ${String(small)} is greater than ${largeName} value ${String(large)}`,
      );
  };
  ordered('min', min, [min, 'min'], [max, 'max']);
  ordered('defaultRequest', request, [min, 'min'], [request, 'default request']);
  ordered('defaultRequest', request, [request, 'default request'], [max, 'max']);
  ordered('defaultRequest', request, [request, 'default request'], [limit, 'default limit']);
  ordered('default', min, [min, 'min'], [limit, 'default']);
  ordered('default', max, [limit, 'default'], [max, 'max']);
  const ratioAt = at.child('maxLimitRequestRatio').key(name);
  if (ratio && ratio.compare(Quantity.of(1)) < 0) {
    ratioAt.invalid(String(ratio), `ratio ${String(ratio)} is less than 1`);
  }
  if (ratio && min && max) {
    const possible = max.toNumber() / min.toNumber();
    if (ratio.toNumber() > possible) {
      ratioAt.invalid(
        String(ratio),
        `ratio ${String(ratio)} is greater than max/min = ${possible.toFixed(6)}`,
      );
    }
  }
  if (!isOvercommitAllowed(name) && limit && request && limit.compare(request) !== 0) {
    at.child('defaultRequest')
      .key(name)
      .invalid(
        String(request),
        `default value ${String(limit)} must equal to defaultRequest value ${String(request)} in ${name}`,
      );
  }
}

function limits(value: LimitRange, at: Place): void {
  meta(value, at);
  const types = new Seen();
  for (const [index, item] of (value.spec?.limits ?? []).entries()) {
    const place = at.child('spec').child('limits').index(index);
    limitType(item.type, place.child('type'));
    if (!types.add(item.type)) place.child('type').duplicate(item.type);
    limitRangeItem(item, place);
  }
}

export const limitRange = kindValidation<LimitRange>({
  create: limits,
  update: (value, _old, at) => limits(value, at),
});
