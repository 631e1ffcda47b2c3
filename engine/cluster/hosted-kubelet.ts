import type { HttpService, ServiceRequest, ServiceResponse } from '../api/http-service.ts';
import type { KubeletNode, KubeletService } from '../api/kubelet.ts';
import type { MachineService } from '../api/machine.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { registries } from '../runtime/registry/registries.ts';
import { handlerOver, httpServiceOf } from '../http/index.ts';
import { serveCrictl } from '../crictl/serve-crictl.ts';
import { composeKubelet } from '../kubelet/compose-kubelet.ts';
import { readConfiguration } from '../kubelet/configuration-file.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { connectPort } from '../rpc/rpc-client.ts';
import { ContainerRuntime } from '../runtime/container-runtime.ts';
import { StoredContent } from '../runtime/content-store.ts';
import { CriRuntime } from '../runtime/cri/cri-runtime.ts';
import { ImageStore } from '../runtime/images/image-store.ts';
import { NotedImages } from '../runtime/images/noted-images.ts';
import type { Storage } from '../storage/storage.ts';
import { RoutedCri } from './web-worker/routed-cri.ts';
import { webWorkersOver } from './web-worker/web-worker-port.ts';

/** What a kubelet needs from the worker it runs in. */
export interface KubeletHost {
  /**
   * Keeps the images of the node, and what is known of its containers, beyond the life of this worker.
   * @param again another worker had it before
   */
  openStorage(node: string, again: boolean): Promise<Storage>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
}

/** A node's kubelet as a worker's service, with the container runtime over the port of the machine. */
export class HostedKubelet implements Omit<KubeletService, 'watchLog'> {
  readonly #host: KubeletHost;
  readonly #stop = new AbortController();
  #kubelet: Kubelet | undefined;
  #runtime: ContainerRuntime | undefined;
  #noted: NotedImages | undefined;
  #imagesArrived: Promise<unknown> | undefined;

  constructor(host: KubeletHost) {
    this.#host = host;
  }

  async start(
    machinePort: MessagePort,
    api: MessagePort,
    webWorkers: MessagePort,
    openHub: () => Promise<MessagePort>,
    { name, ip, again, labels, taints }: KubeletNode,
  ): Promise<void> {
    const { clock, random, onError } = this.#host;
    const machine = connectPort<MachineService>(machinePort).service;
    const agent = new AgentClient(machine);
    const storage = await this.#host.openStorage(name, again);
    const content = new StoredContent(storage);
    const registry = registries(openHub, (address) => agent.dial({ network: 'tcp', address }));
    const images = await ImageStore.open({ storage, content, registry, clock });
    // Containers of a restored machine wait for them in their file systems; the kubelet does not.
    const noted = new NotedImages(agent, images, onError);
    const imagesArrived = noted.fetch().catch(onError);
    const runtime = new ContainerRuntime({
      agent,
      machine,
      name,
      images,
      content,
      storage,
      imagesArrived,
      // Pods are on the network plugin's.
      hasBridges: false,
      clock,
      random,
    });
    const containers = new CriRuntime({ runtime, agent, clock, random });
    await containers.recover();
    const cri = new RoutedCri(containers, await webWorkersOver(webWorkers));
    const kubelet = new Kubelet({
      nodeName: name,
      nodeIps: [ip],
      client: new Client({
        transport: handlerOver(connectPort<HttpService>(api).service),
        clock,
        userAgent: 'kubelet/v1.37.2 (linux/386) kubernetes/drydock',
      }),
      cri,
      agent,
      clock,
      random,
      configuration: {
        // `--cloud-provider=external`: cloud-controller-manager confirms each new node.
        externalCloudProvider: true,
        nodeLabels: labels,
        registerWithTaints: taints,
        ...(await readConfiguration(agent)),
      },
      makeParts: composeKubelet,
      onError,
    });
    await serveCrictl({ cri, agent, clock, onError });
    await kubelet.start(this.#stop.signal);
    this.#kubelet = kubelet;
    this.#runtime = runtime;
    this.#noted = noted;
    this.#imagesArrived = imagesArrived;
  }

  request(request: ServiceRequest): Promise<ServiceResponse> {
    if (this.#kubelet === undefined) throw new Error('The kubelet was not started.');
    return httpServiceOf(this.#kubelet.handle).request(request);
  }

  async flush(): Promise<void> {
    // A guest that is saved must not be in the midst of reading one: it would stand still until that is there.
    await this.#imagesArrived;
    await Promise.all([this.#runtime?.flush(), this.#noted?.write()]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#runtime?.flush();
    await this.#runtime?.close();
  }
}
