import { isDns1123Subdomain, isPortNumber } from '../names.ts';
import type { Place } from './place.ts';

/** How the API server reaches what it asks: webhooks of admission and of conversion. */

const urlForm = '; desired format: https://host[/path]';

export function webhookUrl(text: string, at: Place): void {
  let url: URL;
  try {
    url = new URL(text, 'https://relative');
  } catch {
    return at.required(`url must be a valid URL: parse "${text}": invalid URL${urlForm}`);
  }
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const host = /^[^:/?#]*:?\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  if (scheme !== 'https') {
    at.invalid(scheme, `'https' is the only allowed URL scheme${urlForm}`);
  }
  const [user, name] = host.includes('@') ? host.split('@') : [undefined, host];
  if (!name) at.invalid('', `host must be specified${urlForm}`);
  if (user !== undefined) at.invalid(user, 'user information is not permitted in the URL');
  if (url.hash !== '') {
    at.invalid(url.hash.slice(1), 'fragments are not permitted in the URL');
  }
  if (url.search !== '') {
    at.invalid(url.search.slice(1), 'query parameters are not permitted in the URL');
  }
}

interface ServiceReference {
  readonly name?: string;
  readonly namespace?: string;
  readonly path?: string;
  readonly port?: number;
}

/** Upstream confuses the two names of admission webhooks: `swapped` says so. */
export function webhookService(service: ServiceReference, at: Place, swapped = false): void {
  const { name, namespace, path = '/', port = 0 } = service;
  if (!(swapped ? namespace : name)) at.child('name').required();
  if (!(swapped ? name : namespace)) at.child('namespace').required();
  const problems = isPortNumber(port);
  if (problems.length > 0) {
    at.child('port').invalid(port, `port is not valid: ${problems.join(', ')}`);
  }
  if (path !== '' && path !== '/') servicePath(path, at.child('path'));
}

function servicePath(path: string, at: Place): void {
  if (path === '//') return at.invalid(path, 'segment[0] may not be empty');
  if (!path.startsWith('/')) at.invalid(path, "must start with a '/'");
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '') {
      at.invalid(path, `segment[${index}] may not be empty`);
      continue;
    }
    for (const message of isDns1123Subdomain(segment)) {
      at.invalid(path, `segment[${index}]: ${message}`);
    }
  }
}
