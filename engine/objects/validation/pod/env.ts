import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
} from '../../generated/core-v1.generated.ts';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isRelaxedEnvVarName,
  maskTrailingDash,
} from '../../names.ts';
import { noBacksteps } from '../paths.ts';
import type { Place } from '../place.ts';
import { each, fields, optional, optionalName, requiredName, valid, type Rule } from '../rules.ts';
import { envFieldSelector, resourceFieldSelector } from './field-selectors.ts';

/** Environment variables of a container. */

const keySelector = fields<ConfigMapKeySelector>({
  name: valid(isDns1123Subdomain),
  key: requiredName(isConfigMapKey),
});

const fileKeySelector = fields<FileKeySelector>({
  key: requiredName(isRelaxedEnvVarName),
  volumeName: requiredName(isDns1123Label),
  path: (path, at) => (path ? noBacksteps(path, at) : at.required()),
});

const sources = fields<EnvVarSource>({
  fieldRef: optional(envFieldSelector),
  resourceFieldRef: optional((selector, at) => resourceFieldSelector(selector, at, 'env')),
  configMapKeyRef: optional(keySelector),
  secretKeyRef: optional(keySelector),
  fileKeyRef: optional(fileKeySelector),
});

const count = (union: object) =>
  Object.values(union).filter((member) => member !== undefined).length;

function valueFrom(source: EnvVarSource, value: string | undefined, at: Place): void {
  sources(source, at);
  const given = count(source);
  if (given === 0) {
    at.invalid(
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    );
  } else if (value) {
    at.invalid('', 'may not be specified when `value` is not empty');
  } else if (given > 1) {
    at.invalid('', 'may not have more than one field specified at a time');
  }
}

export const env = each<EnvVar>(({ name, value, valueFrom: source }, at) => {
  requiredName(isRelaxedEnvVarName)(name, at.child('name'));
  if (source) valueFrom(source, value, at.child('valueFrom'));
});

const envSource = fields<{ name?: string }>({
  name: requiredName((name) => isDns1123Subdomain(maskTrailingDash(name))),
});

/** Upstream reports a wrong number of sources at the list. */
export const envFrom: Rule<readonly EnvFromSource[] | undefined> = (list = [], at) => {
  for (const [index, source] of list.entries()) {
    const place = at.index(index);
    optionalName(isRelaxedEnvVarName)(source.prefix, place.child('prefix'));
    optional(envSource)(source.configMapRef, place.child('configMapRef'));
    optional(envSource)(source.secretRef, place.child('secretRef'));
    if (!source.configMapRef && !source.secretRef) {
      at.invalid('', 'must specify one of: `configMapRef` or `secretRef`');
    } else if (source.configMapRef && source.secretRef) {
      at.invalid('', 'may not have more than one field specified at a time');
    }
  }
};
