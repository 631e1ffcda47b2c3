import { describe, expect, it } from 'vitest';
import { canonicalQuantity, Quantity, QuantityError } from './quantity.ts';

describe('Quantity', () => {
  // What k8s.io/apimachinery v0.37.2 prints again.
  it.each([
    ['0', '0'],
    ['00', '0'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['0.1', '100m'],
    ['1.5', '1500m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['1025Mi', '1025Mi'],
    ['512Ki', '512Ki'],
    ['1023Ki', '1023Ki'],
    ['0.5Ki', '512'],
    ['1000000', '1M'],
    ['1e3', '1e3'],
    ['1E3', '1E3'],
    ['1000e2', '100e3'],
    ['12E', '12E'],
    ['-1.5', '-1500m'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['99999Ei', '9223372036854775807'],
    ['.5', '500m'],
    ['1.', '1.'],
  ])('reads %s as %s', (text, printed) => {
    expect(canonicalQuantity(text)).toBe(printed);
  });

  it('keeps texts that upstream keeps', () => {
    expect(['1.234', '1.500', '+5', '007'].map(canonicalQuantity)).toEqual([
      '1.234',
      '1.500',
      '+5',
      '007',
    ]);
  });

  it.each([
    ['', 'FORMAT', 'quantities must match the regular expression'],
    ['ten', 'FORMAT', "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ['1 Gi', 'FORMAT', 'quantities must match'],
    ['1K', 'SUFFIX', "unable to parse quantity's suffix"],
    ['1e99999', 'SUFFIX', "unable to parse quantity's suffix"],
  ])('refuses %j', (text, code, message) => {
    expect(() => Quantity.parse(text)).toThrow(message);
    expect(() => Quantity.parse(text)).toThrow(expect.objectContaining({ code }));
    expect(() => Quantity.parse(text)).toThrow(QuantityError);
  });

  it('adds, subtracts and compares exactly', () => {
    const sum = Quantity.parse('0').add(Quantity.parse('1Gi')).add(Quantity.parse('512Mi'));
    expect(String(sum)).toBe('1536Mi');
    expect(String(sum.subtract(Quantity.parse('512Mi')).multiply(2))).toBe('2Gi');
    expect(String(Quantity.parse('1').subtract(Quantity.parse('100m')))).toBe('900m');
    expect(String(Quantity.parse('100m').negate())).toBe('-100m');
    expect(Quantity.parse('1000m').compare(Quantity.parse('1'))).toBe(0);
    expect(Quantity.parse('1Gi').compare(Quantity.parse('1G'))).toBe(1);
    expect([Quantity.parse('-1').sign(), Quantity.parse('0Mi').sign()]).toEqual([-1, 0]);
  });

  it('gives whole numbers rounded up', () => {
    expect(Quantity.parse('1500m').value()).toBe(2);
    expect(Quantity.parse('0.0001').milliValue()).toBe(1);
    expect(Quantity.parse('1500m').toNumber()).toBe(1.5);
    expect(String(Quantity.of(1024 ** 2, 'BinarySI'))).toBe('1Mi');
    expect(String(Quantity.ofMilli(1500))).toBe('1500m');
  });
});
