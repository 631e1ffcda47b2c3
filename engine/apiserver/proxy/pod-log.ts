import type { HttpResponse } from '../../api/http-message.ts';
import { readAll } from '../../http/index.ts';
import { failureOf } from '../../client/response-failure.ts';
import { DecodeError } from '../../objects/decode/decode-error.ts';
import { parseRfc3339 } from '../../objects/decode/go-values.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { badRequest, customFailure, internalError } from '../../objects/status/status-error.ts';
import { invalidObject } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import type { ResourceRequest } from '../handlers/resource-request.ts';
import { OutboundError } from '../outbound/outbound.ts';
import type { Parameters } from '../request/parameters.ts';
import type { Kubelets } from './kubelets.ts';
import { chooseContainer } from './pod-containers.ts';

/** `PodLogOptions` as the kubelet takes them, sorted by name. Errors: `BadRequest`, `Invalid`. */
function logQuery(parameters: Parameters, name: string): URLSearchParams {
  const sinceTime = parameters.text('sinceTime');
  checkTime(sinceTime);
  const tailLines = parameters.integer('tailLines');
  const limitBytes = parameters.integer('limitBytes');
  const sinceSeconds = parameters.integer('sinceSeconds');
  const root = Place.root();
  if (tailLines !== undefined && tailLines < 0)
    root.child('tailLines').invalid(tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1)
    root.child('limitBytes').invalid(limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== '')
    root.forbidden('at most one of `sinceTime` or `sinceSeconds` may be specified');
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    root.child('sinceSeconds').invalid(sinceSeconds, 'must be greater than 0');
  if (!['', 'All'].includes(parameters.text('stream')))
    root.child('stream').forbidden('may not be specified');
  if (root.errors.length > 0)
    throw invalidObject({ group: '', name: 'PodLogOptions' }, name, root.errors);
  const given: Readonly<Record<string, string | undefined>> = {
    follow: parameters.flag('follow') ? 'true' : undefined,
    limitBytes: limitBytes?.toString(),
    previous: parameters.flag('previous') ? 'true' : undefined,
    sinceSeconds: sinceSeconds?.toString(),
    sinceTime: sinceTime === '' ? undefined : sinceTime,
    tailLines: tailLines?.toString(),
    timestamps: parameters.flag('timestamps') ? 'true' : undefined,
  };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(given)) if (value !== undefined) query.set(key, value);
  return query;
}

function checkTime(text: string): void {
  try {
    if (text !== '') parseRfc3339(text);
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(error.message) : error;
  }
}

/** `GET pods/NAME/log`: what a container wrote, from its node's kubelet; nothing for a Pod without a node. */
export async function podLog(
  { context, name }: ResourceRequest,
  pod: Pod,
  kubelets: Kubelets,
): Promise<HttpResponse> {
  const { parameters, request } = context;
  const query = logQuery(parameters, name);
  const container = chooseContainer(pod, parameters.text('container'));
  const { nodeName = '' } = pod.spec;
  if (nodeName === '') return { status: 204, headers: new Headers(), body: null };
  const peer = kubelets.peer(nodeName, 'pods');
  const path = `/containerLogs/${pod.metadata.namespace ?? ''}/${name}/${container}`;
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  const url = `https://${peer.host}:${peer.port}${path}${search}`;
  let answer;
  try {
    answer = await kubelets.outbound(peer, {
      method: 'GET',
      url,
      headers: new Headers(),
      body: null,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  } catch (error) {
    if (error instanceof OutboundError)
      throw customFailure(500, '', `Get ${goQuote(url)}: ${error.message}`);
    throw error;
  }
  if ('takeOver' in answer) throw internalError(new Error('the kubelet upgraded a plain request'));
  const { status, body } = answer;
  if (status >= 200 && status <= 206)
    return { status: 200, headers: new Headers({ 'content-type': 'text/plain' }), body };
  const text = new TextDecoder().decode(body instanceof Uint8Array ? body : await readAll(body));
  if (status === 500) throw internalError(new Error(text));
  if (status === 400) throw badRequest(text);
  const { reason, message } = failureOf('GET', status, text);
  const details = { name, kind: 'pods/log' };
  throw customFailure(status, reason, `${message} ( pods/log ${name})`, details);
}
