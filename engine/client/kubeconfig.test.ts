import { describe, expect, it } from 'vitest';
import { readKubeconfig } from './kubeconfig.ts';

const text = `
current-context: one
clusters:
  - name: c
    cluster: { server: 'https://a:1', certificate-authority-data: Q0E= }
users:
  - name: cert
    user: { client-certificate-data: Q0VSVA==, client-key-data: S0VZ }
  - name: token
    user: { token: secret }
contexts:
  - name: one
    context: { cluster: c, user: cert }
  - name: two
    context: { cluster: c, user: token, namespace: web }
  - name: broken
    context: { cluster: c, user: nobody }
`;

describe('readKubeconfig', () => {
  it('takes the current context, or the one that is asked for', () => {
    expect(readKubeconfig(text)).toEqual({
      server: 'https://a:1',
      ca: 'CA',
      certificate: 'CERT',
      key: 'KEY',
    });
    expect(readKubeconfig(text, 'two')).toEqual({
      server: 'https://a:1',
      ca: 'CA',
      token: 'secret',
      namespace: 'web',
    });
  });

  it('says what is missing', () => {
    expect(() => readKubeconfig(text, 'three')).toThrow('no context "three"');
    expect(() => readKubeconfig(text, 'broken')).toThrow('no user "nobody"');
    expect(() => readKubeconfig('')).toThrow('no context ""');
  });
});
