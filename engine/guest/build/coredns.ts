import {
  chmodSync,
  cpSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { guestFolder } from './folders.ts';
import { buildGo } from './go-program.ts';
import { filesBelow } from './inputs.ts';
import { BuildError, run } from './run.ts';

export const coreDnsFolder = path.join(guestFolder, 'images', 'coredns');
export const coreDnsModule = 'github.com/coredns/coredns';
/** What stands in place of upstream's files and packages, by import path. */
const replaced = path.join(coreDnsFolder, '_replaced');

/** Servers of protocols that a cluster does not use, and packages that `_replaced` has ours for. */
const removed = [
  `${coreDnsModule}/core/dnsserver/quic.go`,
  `${coreDnsModule}/core/dnsserver/server_grpc.go`,
  `${coreDnsModule}/core/dnsserver/server_https3.go`,
  `${coreDnsModule}/core/dnsserver/server_quic.go`,
  `${coreDnsModule}/plugin/dnstap`,
  'github.com/prometheus/exporter-toolkit/web',
  'k8s.io/client-go/kubernetes',
  'k8s.io/client-go/plugin/pkg/client/auth/oidc',
  'sigs.k8s.io/mcs-api/pkg/client/clientset/versioned/typed/apis/v1alpha1',
];

/** The API server is asked for JSON, so its types need no Protocol Buffers. */
const unused = /^k8s\.io\/api\/.*\/generated\.pb\.go$/;

/**
 * Builds CoreDNS from a copy of its modules without what a cluster does not need: gRPC, QUIC, dnstap, and all of
 * Kubernetes' kinds but the five that it asks for. What is left uses no templates, so the linker drops what nobody calls.
 * Returns the program.
 */
export function buildCoreDns(cache: string): string {
  const tree = path.join(cache, 'coredns-source');
  rmSync(tree, { recursive: true, force: true });
  cpSync(coreDnsFolder, tree, { recursive: true });
  run('go', ['mod', 'vendor'], { cwd: tree });
  trimVendored(path.join(tree, 'vendor'));
  const output = path.join(cache, 'coredns');
  buildGo(tree, '.', output, { flags: ['-mod=vendor'] });
  return output;
}

function trimVendored(vendor: string): void {
  for (const name of removed) rmSync(path.join(vendor, name), { recursive: true });
  for (const file of filesBelow(path.join(vendor, 'k8s.io', 'api'))) {
    if (unused.test(path.relative(vendor, file))) rmSync(file);
  }
  for (const file of filesBelow(replaced)) {
    const target = path.join(vendor, path.relative(replaced, file));
    mkdirSync(path.dirname(target), { recursive: true });
    rmSync(target, { force: true });
    copyFileSync(file, target);
    chmodSync(target, 0o644);
  }
  change(path.join(vendor, coreDnsModule, 'core/dnsserver/register.go'), withoutServers);
  change(path.join(vendor, coreDnsModule, 'plugin/kubernetes/kubernetes.go'), askingForJson);
}

function change(file: string, edit: (source: string) => string): void {
  const source = edit(readFileSync(file, 'utf8'));
  rmSync(file);
  writeFileSync(file, source);
}

/** Refuses the three protocols whose servers are removed. Throws when they are made in another way now. */
export function withoutServers(source: string): string {
  const made = /^\t\t\ts, err := NewServer(?:QUIC|gRPC|HTTPS3)\(.*\n(?:\t\t\t.*\n)+/gm;
  if (source.match(made)?.length !== 3) {
    throw new BuildError('CoreDNS makes its servers in another way now');
  }
  return source.replace(made, '\t\t\treturn nil, fmt.Errorf("%s is not built in", tr)\n');
}

/** Throws when CoreDNS names the encoding elsewhere. */
export function askingForJson(source: string): string {
  const parts = source.split('ContentType = "application/vnd.kubernetes.protobuf"');
  if (parts.length !== 3) throw new BuildError('CoreDNS asks for its encoding in another way now');
  return parts.join('ContentType = "application/json"');
}
