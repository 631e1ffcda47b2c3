import { describe, expect, test } from 'vitest';
import {
  isCanonicalCidr,
  isCanonicalIp,
  isCidr,
  isDualStack,
  isEndpointIp,
  isIp,
  parseCidr,
  parseIp,
  printCidr,
  printIp,
} from './ip.ts';

describe('addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.000.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is %s', (text, canonical) => {
    const address = parseIp(text);
    expect(address && printIp(address)).toBe(canonical);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    'a.b.c.d',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1%eth0',
    '1:2:3:4:5:6:7::8:9',
  ])('%j is none', (text) => expect(parseIp(text)).toBeUndefined());

  test('new values have to be unambiguous', () => {
    expect(isIp('10.0.0.01')).toEqual(['must not have leading 0s']);
    expect(isIp('::ffff:1.2.3.4')).toEqual(['must not be an IPv4-mapped IPv6 address']);
    expect(isIp('nowhere')).toEqual([
      'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
    expect(isCanonicalIp('2001:DB8::1')).toEqual(['must be in canonical form ("2001:db8::1")']);
    expect(isCanonicalIp('2001:db8::1')).toEqual([]);
  });

  test('Services do not send traffic to the node itself', () => {
    expect(isEndpointIp('127.0.0.1')).toEqual([
      'may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]);
    expect(isEndpointIp('0.0.0.0')).toEqual(['may not be unspecified (0.0.0.0)']);
    expect(isEndpointIp('fe80::1')).toEqual([
      'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ]);
    expect(isEndpointIp('224.0.0.251')).toEqual([
      'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ]);
    expect(isEndpointIp('10.1.2.3')).toEqual([]);
  });

  test('dual stack is one address of each family', () => {
    expect(isDualStack(['1.2.3.4', '::1'].map(parseIp))).toBe(true);
    expect(isDualStack(['1.2.3.4', '5.6.7.8'].map(parseIp))).toBe(false);
    expect(isDualStack(['1.2.3.4', 'x'].map(parseIp))).toBeUndefined();
  });
});

describe('prefixes', () => {
  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['2001:db8::1/33', '2001:db8::/33'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, canonical) => {
    const prefix = parseCidr(text);
    expect(prefix && printCidr(prefix)).toBe(canonical);
  });

  test('new values have to be unambiguous', () => {
    expect(isCidr('10.0.0.0/8')).toEqual([]);
    expect(isCidr('10.0.0.1/8')).toEqual(['must not have bits set beyond the prefix length']);
    expect(isCidr('10.0.0.0/08')).toEqual(['must not have leading 0s in IP or prefix length']);
    expect(isCidr('::ffff:10.0.0.0/104')).toEqual(['must not have an IPv4-mapped IPv6 address']);
    expect(isCidr('10.0.0.0/33')).toEqual([
      'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ]);
    expect(isCanonicalCidr('2001:DB8::/64')).toEqual([
      'must be in canonical form ("2001:db8::/64")',
    ]);
  });
});
