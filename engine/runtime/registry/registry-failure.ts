import { z } from 'zod';
import type { HttpResponse } from '../../api/http-message.ts';
import { readChallenge } from './challenge.ts';

/** A registry's refusal. `message` is as Docker prints it: `denied: requested access to the resource is denied`. */
export class RegistryFailure extends Error {
  override readonly name = 'RegistryFailure';
  readonly status: number;
  /** of the distribution specification, or `UNEXPECTED` */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const bodySchema = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().nullish() })).nullish(),
  details: z.string().nullish(),
});

/** Scopes that a token lacks are told in the challenge (RFC 6750, section 3.1), and mean more than the body. */
const challenges: Readonly<Record<string, readonly [code: string, message: string]>> = {
  invalid_token: ['UNAUTHORIZED', 'authentication required'],
  insufficient_scope: ['DENIED', 'requested access to the resource is denied'],
};

/** Reads why a request failed, as dockerd's client does. */
export async function readFailure(response: HttpResponse): Promise<RegistryFailure> {
  const { status } = response;
  if (status >= 500 || status < 400) {
    return new RegistryFailure(
      status,
      'UNEXPECTED',
      `received unexpected HTTP status: ${`${status} ${response.statusText ?? ''}`.trim()}`,
    );
  }
  const text = await textOf(response);
  const named = challenges[readChallenge(response.headers)?.parameters['error'] ?? ''];
  if (named !== undefined) return failure(status, ...named);
  const body = bodySchema.safeParse(parse(text));
  if (body.success) {
    const [first] = body.data.errors ?? [];
    if (first !== undefined) return failure(status, first.code, first.message ?? first.code);
    if (body.data.details) return failure(status, codeOf(status), body.data.details);
  }
  if (status === 401) return failure(status, 'UNAUTHORIZED', 'authentication required');
  return new RegistryFailure(
    status,
    'UNEXPECTED',
    `error parsing HTTP ${status} response body: no error details found in HTTP response body: ${JSON.stringify(text)}`,
  );
}

function failure(status: number, code: string, message: string): RegistryFailure {
  return new RegistryFailure(
    status,
    code,
    `${code.toLowerCase().replaceAll('_', ' ')}: ${message}`,
  );
}

function codeOf(status: number): string {
  return { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' }[status] ?? 'UNKNOWN';
}

export async function textOf({ body }: HttpResponse): Promise<string> {
  return new Response(body as BodyInit | null).text();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
