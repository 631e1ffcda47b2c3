import type { Secret } from '../../objects/generated/core-v1.generated.ts';

export const TOKEN_NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';
const NAME = /^bootstrap-token-([a-z0-9]{6})$/;

/** Whether a Secret is a token with which nodes join. */
export function isBootstrapToken({ metadata, type }: Secret): boolean {
  return type === TYPE && metadata.namespace === TOKEN_NAMESPACE;
}

function dataOf({ data }: Secret, field: string): string {
  return atob(data?.[field] ?? '');
}

/** Milliseconds until a token ends, 0 when it has; undefined when it does not end by itself. @param now UNIX milliseconds */
export function timeLeft(secret: Secret, now: number): number | undefined {
  const expiration = dataOf(secret, 'expiration');
  if (expiration === '') return undefined;
  const end = Date.parse(expiration);
  // A time that cannot be read is over.
  return Number.isNaN(end) ? 0 : Math.max(0, end - now);
}

/** A token that may sign what new nodes are told of the cluster; undefined for any other. @param now UNIX milliseconds */
export function signingToken(
  secret: Secret,
  now: number,
): { readonly id: string; readonly secret: string } | undefined {
  const id = dataOf(secret, 'token-id');
  const value = dataOf(secret, 'token-secret');
  const isGood =
    isBootstrapToken(secret) &&
    NAME.exec(secret.metadata.name ?? '')?.[1] === id &&
    value !== '' &&
    timeLeft(secret, now) !== 0 &&
    dataOf(secret, 'usage-bootstrap-signing') === 'true';
  return isGood ? { id, secret: value } : undefined;
}
