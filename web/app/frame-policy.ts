import { frameSources } from './policy.mjs';

/** Narrows which frames the page may show to those of its own host. Imported before everything else. */
const meta = document.createElement('meta');
meta.httpEquiv = 'Content-Security-Policy';
meta.content = frameSources(location.host);
document.head.append(meta);
