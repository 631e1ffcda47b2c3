import type { HttpResponse } from '../api/http-message.ts';
import { serveHttp } from '../http/index.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';

/** What a path answers. */
export type Answer = (path: string) => HttpResponse;

/** Answers HTTP on an address of the node until the returned function is called. */
export function serveOnNode(
  agent: AgentClient,
  address: string,
  answer: Answer,
): Promise<() => Promise<void>> {
  return agent.listen({ network: 'tcp', address }, (_remote, stream) => {
    void serveHttp(stream, ({ url }) => Promise.resolve(answer(new URL(url).pathname)));
  });
}

export function reply(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  return {
    status,
    headers: new Headers({ 'x-content-type-options': 'nosniff', ...headers }),
    body: new TextEncoder().encode(body),
  };
}

export function textReply(status: number, body: string): HttpResponse {
  return reply(status, body, { 'content-type': 'text/plain; charset=utf-8' });
}

export const notFound = () => textReply(404, '404 page not found\n');
