import { describe, expect, it } from 'vitest';
import * as names from './names.ts';

const long = 'a'.repeat(64);

describe('names', () => {
  it.each([
    [names.isDns1123Label, ['a', '1-a', 'a'.repeat(63)]],
    [names.isDns1123Subdomain, ['a.b-c.d', 'a'.repeat(253)]],
    [names.isDns1123SubdomainWithUnderscore, ['_a._b']],
    [names.isDns1035Label, ['a-1']],
    [names.isWildcardDns1123Subdomain, ['*.example.com']],
    [names.isLabelValue, ['', 'A_b.c-1']],
    [names.isQualifiedName, ['A_b.c', 'example.com/A']],
    [names.isConfigMapKey, ['a.b_C-1', '.a']],
    [names.isEnvVarName, ['MY_VAR', '-a.b']],
    [names.isRelaxedEnvVarName, ['1 a', '<~>']],
    [names.isHttpHeaderName, ['X-A1']],
    [names.isCIdentifier, ['_a1']],
    [names.isPercent, ['10%']],
    [names.isPortName, ['http-2']],
    [names.isPathSegmentName, ['...', 'a:b']],
  ])('takes good values', (check, values) => {
    expect(values.flatMap((value) => check(value))).toEqual([]);
  });

  it.each([
    [names.isDns1123Label, 'a.b', ['must not contain dots']],
    [names.isDns1123Label, long, ['must be no more than 63 characters']],
    [
      names.isDns1123Label,
      'A',
      [
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [
      names.isDns1123Subdomain,
      'a..b',
      [
        String.raw`a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ],
    [names.isQualifiedName, '/a', ['prefix part must be non-empty']],
    [names.isQualifiedName, `b/${long}`, ['name part must be no more than 63 bytes']],
    [
      names.isQualifiedName,
      'a/b/c',
      [
        "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ],
    ],
    [names.isConfigMapKey, '..', ["must not be '..'"]],
    [names.isConfigMapKey, '..a', ["must not start with '..'"]],
    [names.isRelaxedEnvVarName, '', ['environment variable name must be non-empty']],
    [
      names.isRelaxedEnvVarName,
      'a=b',
      [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ],
    ],
    [
      names.isPortName,
      '-1--',
      [
        'must contain at least one letter (a-z)',
        'must not contain consecutive hyphens',
        'must not begin or end with a hyphen',
      ],
    ],
    [names.isPathSegmentName, '..', ["may not be '..'"]],
    [names.isPathSegmentName, 'a/%', ["may not contain '/'", "may not contain '%'"]],
  ])('says what is wrong', (check, value, problems) => {
    expect(check(value)).toEqual(problems);
  });

  it('counts bytes, as Go does', () => {
    expect(names.isLabelValue('ä'.repeat(32))[0]).toBe('must be no more than 63 bytes');
  });

  it('checks numbers', () => {
    expect(names.isPortNumber(80)).toEqual([]);
    expect(names.isPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive']);
    expect(names.isUserId(-1)).toEqual(['must be between 0 and 2147483647, inclusive']);
  });

  it('lets a generated name end in a dash', () => {
    expect(names.isDns1123Label(names.maskTrailingDash('web-'))).toEqual([]);
    expect(names.maskTrailingDash('-')).toBe('-');
  });
});
