/**
 * The app's Content-Security-Policy: a header where our server serves the app, a meta element in
 * the built page for hosts that send no headers. Plain JavaScript, because the server runs without a compiler.
 */
import { previewDomain } from '../features/preview/wire/preview-host.mjs';

/** Frames: previews, and pages of the app's own origin in path mode. */
export function frameSources(host) {
  return `frame-src 'self' *.${previewDomain(host)}`;
}

/**
 * Scripts come from the app's origin only, with WebAssembly and without eval. Styles may be
 * inline, because the terminal and the editor make theirs at run time. `blob:` workers are the emulator's timer.
 */
const everywhere = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
];

export function headerPolicy(host) {
  // A meta element cannot forbid framing.
  return [...everywhere, frameSources(host), "frame-ancestors 'none'"].join('; ');
}

/** The page's first script adds `frameSources`: only in the browser is the host known. */
export const metaPolicy = [...everywhere, 'frame-src *'].join('; ');
