/** Files whose name carries a hash of their content never change. The server knows the same. */
const HASHED = /^assets\/|[-._/][0-9a-f]{12,64}(?:[-._/]|$)/;

/** @param path beside the page */
export function isHashed(path: string): boolean {
  return HASHED.test(path);
}
