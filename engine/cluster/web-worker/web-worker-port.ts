import { Emitter } from '../../base/emitter.ts';
import { registerErrorClass } from '../../rpc/error-codec.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import { CriError, type ContainerEvent, type Cri } from '../../runtime/cri/types.ts';
import type { WebWorkerRuntime } from './web-worker-runtime.ts';

registerErrorClass('CriError', CriError);

/** The runtime of a node's web workers, from the worker of its kubelet. @param port leads to a `WebWorkerRuntime` */
export async function webWorkersOver(port: MessagePort): Promise<Cri> {
  const { service } = connectPort<WebWorkerRuntime>(port);
  const events = new Emitter<ContainerEvent>();
  await service.watchEvents((event) => events.fire(event));
  return new Proxy<Cri>(service, {
    get: (target, name) =>
      name === 'containerEvents' ? events.event : (Reflect.get(target, name) as unknown),
  });
}
