import { expect, test } from 'vitest';
import { asPackage, masqueradeOfIpv4 } from './cni-plugins.ts';

test('a program becomes a package whose main can be called', () => {
  const source = '// package main\npackage main\n\nfunc main() {\n\tdomain()\n}\n';
  expect(asPackage(source, 'hostlocal')).toBe(
    '// package main\npackage hostlocal\n\nfunc Main() {\n\tdomain()\n}\n',
  );
});

test('what is a package already is not what was expected', () => {
  expect(() => asPackage('package backend\n', 'bridge')).toThrow('no program');
});

test('masquerading is for IPv4, which is all that the kernel has', () => {
  const source = 'New(knftables.InetFamily)\nRule:  "ip6 daddr == ff00::/8  return",\n';
  expect(masqueradeOfIpv4(source)).toBe(
    'New(knftables.IPv4Family)\nRule:  "ip daddr == 255.255.255.255  return",\n',
  );
});

test('a release that masquerades in another way fails the build', () => {
  expect(() => masqueradeOfIpv4('iptables')).toThrow('in another way');
});
