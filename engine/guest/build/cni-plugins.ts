import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { guestFolder } from './folders.ts';
import { buildGo, pinnedVersion } from './go-program.ts';
import { BuildError, run } from './run.ts';

export const cniFolder = path.join(guestFolder, 'kubernetes', 'cni-plugins');
const module = 'github.com/containernetworking/plugins';

/** Where each is in the module. */
const plugins: Readonly<Record<string, string>> = {
  bridge: 'plugins/main/bridge',
  'host-local': 'plugins/ipam/host-local',
  loopback: 'plugins/main/loopback',
  portmap: 'plugins/meta/portmap',
};
export const pluginNames = Object.keys(plugins);

/**
 * Builds the reference plugins as one program, which costs a third of four: upstream's sources become packages of
 * the module whose main calls them. Returns the program.
 */
export function buildCniPlugins(cache: string): string {
  const tree = path.join(cache, 'cni-plugins-source');
  rmSync(tree, { recursive: true, force: true });
  cpSync(cniFolder, tree, { recursive: true });
  cpSync(path.join(cniFolder, '_multi-call'), tree, { recursive: true });
  run('go', ['mod', 'download'], { cwd: tree });
  const upstream = run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: tree })
    .toString()
    .trim();
  for (const [name, folder] of Object.entries(plugins)) {
    const target = path.join(tree, packageName(name));
    mkdirSync(target);
    for (const file of readdirSync(path.join(upstream, folder))) {
      if (!file.endsWith('.go') || file.endsWith('_test.go')) continue;
      const source = readFileSync(path.join(upstream, folder, file), 'utf8');
      writeFileSync(path.join(target, file), asPackage(source, packageName(name)));
    }
  }
  run('go', ['mod', 'vendor'], { cwd: tree });
  const masquerade = path.join(tree, 'vendor', module, 'pkg/ip/ipmasq_nftables_linux.go');
  writeFileSync(masquerade, masqueradeOfIpv4(readFileSync(masquerade, 'utf8')));

  const output = path.join(cache, 'cni-plugins');
  const version = pinnedVersion(cniFolder, module);
  buildGo(tree, '.', output, {
    flags: ['-mod=vendor'],
    linkFlags: [`-X ${module}/pkg/utils/buildversion.BuildVersion=${version}`],
  });
  return output;
}

function packageName(plugin: string): string {
  return plugin.replaceAll('-', '');
}

/** A file of a program as one of a package, with its main for others to call. */
export function asPackage(source: string, name: string): string {
  if (!/^package main$/m.test(source)) throw new BuildError(`a file of ${name} is no program's`);
  return source
    .replace(/^package main$/m, `package ${name}`)
    .replace(/^func main\(\) \{$/m, 'func Main() {');
}

/**
 * The machine's kernel has no IPv6, and so no tables of the family `inet`, in which upstream masquerades. Throws when
 * upstream has another way.
 */
export function masqueradeOfIpv4(source: string): string {
  const multicast = '"ip6 daddr == ff00::/8  return"';
  if (!source.includes('knftables.InetFamily') || !source.includes(multicast)) {
    throw new BuildError('the bridge plugin masquerades in another way now');
  }
  return source
    .replaceAll('knftables.InetFamily', 'knftables.IPv4Family')
    .replace(multicast, '"ip daddr == 255.255.255.255  return"');
}
