import { isDns1123Subdomain, isQualifiedName } from '../names.ts';
import type { Place } from './place.ts';

/** Names that begin with a domain of their owner: `example.com/thing`. */

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathPattern = new RegExp(`^${httpPath}$`);

/** A domain and a path. */
export function domainPrefixedPath(text: string, at: Place): void {
  if (text === '') return at.required();
  const slash = text.indexOf('/');
  const [domain, path] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  if (slash < 1 || path === '') {
    at.invalid(text, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  at.invalidEach(domain, isDns1123Subdomain(domain));
  if (!httpPathPattern.test(path)) {
    at.invalid(path, `Invalid path (regex used for validation is '${httpPath}')`);
  }
}

/** A qualified name with its domain. */
export function domainPrefixedKey(text: string, at: Place): void {
  if (text === '') return at.required();
  const messages = isQualifiedName(text);
  at.invalidEach(text, messages);
  if (messages.length === 0 && !text.includes('/')) {
    at.invalid(text, 'must be a domain-prefixed key (such as "acme.io/foo")');
  }
}
