import type { Transport } from '../../client/transport.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import type { Binding } from '../../objects/generated/core-v1.generated.ts';

/** As much of an API server as a scheduler needs: `FakeApi` with the `binding` subresource of Pods. */
export class SchedulingApi {
  readonly fake = new FakeApi();
  /** Pods in the order in which they were bound, as `name on node` */
  readonly bindings: string[] = [];
  /** What to answer a binding instead. */
  refuse: (podName: string) => Error | undefined = () => undefined;

  readonly transport: Transport = async (request) => {
    const url = new URL(request.url);
    if (!url.pathname.endsWith('/binding')) return this.fake.transport(request);
    const { metadata, target } = (await new Response(request.body as BodyInit).json()) as Binding;
    const refusal = this.refuse(metadata.name ?? '');
    if (refusal !== undefined) throw refusal;
    this.bindings.push(`${metadata.name} on ${target.name}`);
    url.pathname = url.pathname.replace(/\/binding$/, '');
    const patch = JSON.stringify({ spec: { nodeName: target.name } });
    return this.fake.transport({
      ...request,
      method: 'PATCH',
      url: url.href,
      body: new Response(patch).body as ReadableStream<Uint8Array>,
    });
  };
}
