import type { FileTree } from './file-tree.ts';

/** What dockerd and containerd need to run containers over crun, and no more. */
const wanted: readonly RegExp[] = [
  /^usr\/sbin\/(dockerd|docker-proxy|xtables-nft-multi)$/,
  /^usr\/bin\/(containerd|containerd-shim-runc-v2)$/,
  /^usr\/lib\/i386-linux-gnu\/(lib(devmapper|ip4tc|ip6tc|netfilter_conntrack|nfnetlink)\.so|xtables\/lib(xt|ipt)_)/,
  /^usr\/share\/doc\/[^/]+\/copyright$/,
];

/** What `update-alternatives` would choose. */
const links: Readonly<Record<string, string>> = {
  'usr/sbin/iptables': 'xtables-nft-multi',
  'usr/sbin/iptables-save': 'xtables-nft-multi',
  'usr/sbin/iptables-restore': 'xtables-nft-multi',
  'usr/sbin/ip6tables': 'xtables-nft-multi',
  // Debian's dockerd looks for the runtime it ships with, also when another is the default.
  'usr/sbin/runc': '/usr/bin/crun',
};

/**
 * crun, because runc is not in these machines. Images of Docker Hub come from the host's registry:
 * the mirror is plain HTTP, for every byte of TLS is decrypted by the emulated processor.
 */
const daemonConfiguration = {
  'default-runtime': 'crun',
  runtimes: { crun: { path: '/usr/bin/crun' } },
  'storage-driver': 'overlay2',
  'registry-mirrors': ['http://127.0.0.2:18080'],
};

/** Parts of containerd that dockerd does not use and that would cost the emulated processor a second at every start. */
const containerdConfiguration = `version = 2
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
`;

/** Turns unpacked Debian packages into the partition that makes a machine run the original Docker Engine. */
export function finishDockerReference(tree: FileTree): void {
  tree.prune((file, node) => node.kind !== 'directory' && !wanted.some((one) => one.test(file)));
  tree.pruneEmptyDirectories(['usr', 'var', 'etc', 'lib']);
  tree.prune((_, node) => node.kind === 'directory' && node.entries.size === 0);
  for (const [link, target] of Object.entries(links)) tree.symlink(link, target);
  tree.write('etc/docker/daemon.json', `${JSON.stringify(daemonConfiguration, null, 2)}\n`);
  tree.write('etc/containerd/config.toml', containerdConfiguration);
}
