import { readFile } from 'node:fs/promises';
import { buildCoreDns, coreDnsFolder, coreDnsModule } from '../../build/coredns.ts';
import { modulesIn } from '../../build/go-modules.ts';
import { pinnedVersion } from '../../build/go-program.ts';
import { FileTree } from '../file-tree.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';

const nobody = 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n';

/** `registry.k8s.io/coredns/coredns`: the DNS server of a cluster, with the plugins that its Corefile may name. */
export async function coreDns(cache: string): Promise<ImageRecipe> {
  const program = buildCoreDns(cache);
  const version = pinnedVersion(coreDnsFolder, coreDnsModule);
  const layer = new FileTree()
    .file('coredns', new Uint8Array(await readFile(program)), { mode: 0o755 })
    .file('etc/passwd', `root:x:0:0:root:/root:/sbin/nologin\n${nobody}`)
    .file('etc/group', 'root:x:0:\nnonroot:x:65532:\n');
  return {
    repository: 'registry.k8s.io/coredns/coredns',
    tags: ['latest', version],
    description: 'DNS server of a Kubernetes cluster',
    differences: [
      'Built from upstream’s source with the plugins cache, errors, forward, health, hosts, kubernetes, loadbalance, log, loop, prometheus, ready and reload. It serves DNS over UDP, TCP, TLS and HTTPS.',
      'It asks the API server for JSON, not for Protocol Buffers.',
      'The program carries no file capability. Pods may use port 53 as in every cluster; docker run wants --user 0 or --sysctl net.ipv4.ip_unprivileged_port_start=0 for it.',
    ],
    steps: [
      { createdBy: 'COPY /coredns /coredns', layer },
      { createdBy: 'USER nonroot:nonroot' },
      { createdBy: 'WORKDIR /' },
      { createdBy: 'EXPOSE 53 53/udp' },
      { createdBy: 'ENTRYPOINT ["/coredns"]' },
    ],
    config: {
      User: 'nonroot:nonroot',
      Env: [defaultPath],
      Entrypoint: ['/coredns'],
      ExposedPorts: { '53/tcp': {}, '53/udp': {} },
      WorkingDir: '/',
    },
    sources: modulesIn(program, coreDnsFolder).map(({ name, version: pinned, licence }) => ({
      name,
      version: pinned,
      source: name,
      sourceVersion: pinned,
      licence,
    })),
  };
}
