import { define } from './define.ts';
import { Optional, type Environment } from '@marcbachmann/cel-js';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  maskTrailingDash,
} from '../../names.ts';
import { isOfFormat } from '../../string-formats.ts';
import { goQuote } from '../../go-text.ts';

type Check = (text: string) => readonly string[];

const prefix =
  (check: Check): Check =>
  (text) =>
    check(maskTrailingDash(text));

const ofFormat =
  (format: string, message: (text: string) => string): Check =>
  (text) =>
    isOfFormat(text, format) ? [] : [message(text)];

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: isDns1123Label,
  dns1123Subdomain: isDns1123Subdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: prefix(isDns1123Label),
  dns1123SubdomainPrefix: prefix(isDns1123Subdomain),
  dns1035LabelPrefix: prefix(isDns1035Label),
  labelValue: isLabelValue,
  uri: ofFormat('uri', (text) =>
    text === '' ? 'parse "": empty url' : `parse ${goQuote(text)}: invalid URI for request`,
  ),
  uuid: ofFormat('uuid', () => 'does not match the UUID format'),
  byte: ofFormat('byte', () => 'invalid base64'),
  date: ofFormat('date', () => 'invalid date'),
  datetime: ofFormat('datetime', () => 'invalid datetime'),
};

class CelFormat {
  constructor(readonly check: Check) {}
}

class FormatNamespace {}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */
export function addFormats(environment: Environment): void {
  environment.registerType('kubernetes.NamedFormat', { ctor: CelFormat, fields: {} });
  environment.registerType('FormatNamespace', FormatNamespace);
  environment.registerConstant('format', 'FormatNamespace', new FormatNamespace());
  for (const [name, check] of Object.entries(checks)) {
    define(
      environment,
      `FormatNamespace.${name}(): kubernetes.NamedFormat`,
      () => new CelFormat(check),
    );
  }
  define(
    environment,
    'FormatNamespace.named(string): optional<kubernetes.NamedFormat>',
    (_format, name: string) => {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      return check === undefined ? Optional.none() : Optional.of(new CelFormat(check));
    },
  );
  define(
    environment,
    'kubernetes.NamedFormat.validate(string): optional<list<string>>',
    ({ check }: CelFormat, text: string) => {
      const found = check(text);
      return found.length === 0 ? Optional.none() : Optional.of([...found]);
    },
  );
}
