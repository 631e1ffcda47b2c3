/** The first file here is the network of Pods; the runtime reads it anew for every sandbox. */
export const CONFLIST_PATH = '/etc/cni/net.d/10-drydock.conflist';
const BRIDGE = 'cni0';
/** Of the machines' Ethernet, in bytes. */
const MTU = 1500;

/** The configuration of Pods' network on a node (CNI 1.0), as the plugin `drydock` reads it. */
export function conflist(podCidr: string): string {
  const plugin = {
    type: 'drydock',
    bridge: BRIDGE,
    mtu: MTU,
    ipam: { type: 'host-local', subnet: podCidr, routes: [{ dst: '0.0.0.0/0' }] },
    capabilities: { portMappings: true },
  };
  const list = { cniVersion: '1.0.0', name: 'drydock', plugins: [plugin] };
  return `${JSON.stringify(list, undefined, 2)}\n`;
}
