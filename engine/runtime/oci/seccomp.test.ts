import { describe, expect, it } from 'vitest';
import { capabilitiesFor } from './capabilities.ts';
import { defaultSeccompProgram } from './seccomp.ts';

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const KILL = 0x80000000;

/** Runs the program as the kernel does, and counts its steps. */
function decide(
  program: Uint8Array,
  number: number,
  argument = 0,
  arch = 0x40000003,
): { readonly result: number; readonly steps: number } {
  const view = new DataView(program.buffer);
  const data: Record<number, number> = { 0: number, 4: arch, 16: argument };
  let accumulator = 0;
  let steps = 0;
  for (let at = 0; ; at++) {
    steps++;
    const code = view.getUint16(at * 8, true);
    const [yes, no, k] = [
      view.getUint8(at * 8 + 2),
      view.getUint8(at * 8 + 3),
      view.getUint32(at * 8 + 4, true),
    ];
    if (code === 0x06) return { result: k, steps };
    if (code === 0x20) accumulator = data[k] ?? 0;
    else if (code === 0x15) at += accumulator === k ? yes : no;
    else if (code === 0x35) at += accumulator >= k ? yes : no;
    else if (code === 0x45) at += (accumulator & k) !== 0 ? yes : no;
    else throw new Error(`unknown instruction ${code}`);
  }
}

const plain = defaultSeccompProgram(capabilitiesFor({}));
const all = defaultSeccompProgram(capabilitiesFor({ privileged: true }));

describe('default seccomp program', () => {
  it.each([
    ['read', 3, ALLOW],
    ['chroot, with a default capability', 61, ALLOW],
    ['statx', 383, ALLOW],
    ['futex_waitv', 449, ALLOW],
    ['mount', 21, EPERM],
    ['reboot', 88, EPERM],
    ['unshare', 310, EPERM],
    ['bpf', 357, EPERM],
    ['keyctl', 288, EPERM],
    ['clone3', 435, ENOSYS],
    ['set_mempolicy_home_node', 450, EPERM],
    ['a later system call', 451, ENOSYS],
    ['a negative number', 0xffffffff, ENOSYS],
  ])('%s', (_name, number, expected) => {
    expect(decide(plain, number).result).toBe(expected);
  });

  it('looks at arguments', () => {
    expect(decide(plain, 120, 0x003d0f00).result).toBe(ALLOW);
    expect(decide(plain, 120, 0x20000000).result).toBe(EPERM);
    expect(decide(plain, 120, 0x00020000).result).toBe(EPERM);
    expect(decide(plain, 359, 2).result).toBe(ALLOW);
    expect(decide(plain, 359, 40).result).toBe(EPERM);
    for (const value of [0, 8, 0x20000, 0x20008, 0xffffffff])
      expect(decide(plain, 136, value).result).toBe(ALLOW);
    expect(decide(plain, 136, 0x40000).result).toBe(EPERM);
  });

  it('grants with capabilities what the profile grants with them', () => {
    for (const number of [21, 88, 120, 310, 357, 435, 450])
      expect(decide(all, number, 0x20000000).result).toBe(ALLOW);
    expect(decide(all, 288).result).toBe(EPERM);
  });

  it('kills other architectures', () => {
    expect(decide(plain, 3, 0, 0xc000003e).result).toBe(KILL);
  });

  it('is short and shallow: it runs for every number when it is installed', () => {
    expect(plain.length / 8).toBeLessThan(256);
    for (let number = 0; number <= 451; number++)
      expect(decide(plain, number).steps).toBeLessThanOrEqual(18);
  });
});

describe('capabilitiesFor', () => {
  it('adds and drops, with or without the prefix, in any case', () => {
    expect(capabilitiesFor({ capDrop: ['ALL'], capAdd: ['net_admin'] })).toEqual(['CAP_NET_ADMIN']);
    expect(capabilitiesFor({ capDrop: ['CAP_CHOWN'] })).not.toContain('CAP_CHOWN');
    expect(capabilitiesFor({ capAdd: ['ALL'], capDrop: ['SYS_ADMIN'] })).not.toContain(
      'CAP_SYS_ADMIN',
    );
    expect(() => capabilitiesFor({ capAdd: ['NOTHING'] })).toThrow(
      'unknown capability: "CAP_NOTHING"',
    );
  });
});
