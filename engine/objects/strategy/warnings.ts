import type { NodeSelectorTerm } from '../generated/core-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import { isV6, parseCidr, parseIp, printCidr, printIp } from '../ip.ts';
import { isDns1123Label, isLabelValue } from '../names.ts';
import { Quantity } from '../quantity.ts';
import type { Place } from '../validation/place.ts';

/** Warnings that several kinds give. Each is one line: the field's path, then what to know. */

/** Labels of nodes that have other names now. */
export const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** `values` of preferred terms are validated no more strictly than this. */
export function nodeSelectorTermWarnings(
  { matchExpressions = [] }: NodeSelectorTerm,
  at: Place,
  looksAtValues: boolean,
): string[] {
  return matchExpressions.flatMap(({ key, values = [] }, index) => {
    const place = at.child('matchExpressions').index(index);
    const message = deprecatedNodeLabels[key];
    return [
      ...(message ? [`${place.child('key').path}: ${key} is ${message}`] : []),
      ...values.flatMap((value, position) =>
        looksAtValues
          ? isLabelValue(value).map(
              (why) => `${place.child('values').index(position).path}: ${value} is invalid, ${why}`,
            )
          : [],
      ),
    ];
  });
}

/** For an address that was validated as one in any notation. */
export function ipWarnings(text: string, path: string): string[] {
  const address = parseIp(text);
  if (!address) return [];
  const canonical = printIp(address);
  if (address.leadingZeros || address.mapped) {
    return [
      `${path}: non-standard IP address ${goQuote(text)} is invalid: use ${goQuote(canonical)}`,
    ];
  }
  return isV6(address) && canonical !== text
    ? [
        `${path}: IPv6 address ${goQuote(text)} should be in RFC 5952 canonical format (${goQuote(canonical)})`,
      ]
    : [];
}

/** For a prefix that was validated as one in any notation. */
export function cidrWarnings(text: string, path: string): string[] {
  const prefix = parseCidr(text);
  if (!prefix) return [];
  const canonical = printCidr(prefix);
  const warnings = [];
  const address = printIp(prefix.address);
  if (address !== printIp(prefix.network)) {
    const single = `${address}/${prefix.network.bytes.length * 8}`;
    warnings.push(
      `${path}: CIDR value ${goQuote(text)} is ambiguous in this context (should be ${goQuote(canonical)} or ${goQuote(single)}?)`,
    );
  }
  if (prefix.leadingZeros || prefix.address.mapped) {
    warnings.push(
      `${path}: non-standard CIDR value ${goQuote(text)} is invalid: use ${goQuote(canonical)}`,
    );
  }
  if (warnings.length === 0 && isV6(prefix.address) && canonical !== text) {
    warnings.push(
      `${path}: IPv6 CIDR value ${goQuote(text)} should be in RFC 5952 canonical format (${goQuote(canonical)})`,
    );
  }
  return warnings;
}

/** Bytes come whole. */
export function fractionWarning(text: string | undefined, path: string): string[] {
  if (text === undefined || Quantity.parse(text).milliValue() % 1000 === 0) return [];
  return [`${path}: fractional byte value ${goQuote(text)} is invalid, must be an integer`];
}

/** Names that end up in host names of Pods. */
export function hostnameWarning(name: string | undefined, use: string): string[] {
  const messages = isDns1123Label(name ?? '');
  if (messages.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`,
  ];
}
