import type { PortRequest, PortResponse } from '../api/lab.ts';
import { HttpError, httpExchange } from '../http/index.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { AgentError } from '../machine/agent/agent-error.ts';
import { LabError } from './lab-error.ts';

/** One HTTP exchange over a TCP connection inside the machine. Errors: `LabError`, or the reason of the request's signal. */
export async function machineFetch(
  agent: AgentClient,
  port: number,
  request: PortRequest,
  address = '127.0.0.1',
): Promise<PortResponse> {
  try {
    const stream = await agent.dial({ network: 'tcp', address: `${address}:${port}` });
    const response = await httpExchange(stream, withHost(request, port));
    return {
      ...response,
      body: response.body === null ? null : translated(response.body, port, request),
    };
  } catch (error) {
    throw toLabError(error, port, request);
  }
}

/** Browsers name the port in `Host`; a server that redirects to itself needs it. */
function withHost(request: PortRequest, port: number): PortRequest {
  if (request.headers.has('host')) return request;
  const headers = new Headers(request.headers);
  headers.set('host', port === 80 ? 'localhost' : `localhost:${port}`);
  const { method, url, body, signal } = request;
  return { method, url, body, headers, ...(signal === undefined ? {} : { signal }) };
}

function toLabError(error: unknown, port: number, request: PortRequest): unknown {
  if (request.signal?.aborted === true) return request.signal.reason;
  if (error instanceof HttpError) {
    if (error.code === 'CLOSED_EARLY')
      return new LabError(
        'CLOSED_EARLY',
        `Port ${port} closed the connection before the answer was complete.`,
        { cause: error },
      );
    return new LabError('NOT_HTTP', `What listens on port ${port} does not speak HTTP.`, {
      cause: error,
    });
  }
  if (error instanceof AgentError) {
    if (error.code === 'ECONNREFUSED')
      return new LabError('CONNECTION_REFUSED', `Nothing listens on port ${port}.`, {
        cause: error,
      });
    return new LabError('CLOSED_EARLY', `The connection to port ${port} broke: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}

/** The same bytes; failures become `LabError`. */
function translated(
  body: ReadableStream<Uint8Array>,
  port: number,
  request: PortRequest,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          throw toLabError(error, port, request);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
