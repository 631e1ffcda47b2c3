import { describe, expect, test } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { emptyRuleset, RulesetBuilder, type Ruleset } from './ruleset.ts';
import { changingScript, replacingScript } from './script.ts';
import { NftTable } from './table.ts';
import { FakeNft, listed, nftTransport } from './testing/fake-nft.ts';

const table = { family: 'ip', name: 'shop', comment: 'rules of a shop' } as const;

function ruleset(build: (rules: RulesetBuilder) => void): Ruleset {
  const rules = new RulesetBuilder();
  build(rules);
  return rules;
}

const small = ruleset((rules) => {
  rules.chain('input', { hook: 'type filter hook input priority 0' }).push('ip saddr @guests drop');
  rules.chain('welcome').push('accept');
  rules
    .collection('doors', { kind: 'map', type: 'inet_service : verdict', comment: 'ways in' })
    .set('80', { value: 'goto welcome', comment: 'front' });
  rules.collection('guests', { kind: 'set', type: 'ipv4_addr' }).set('10.0.0.1', {});
});

describe('scripts', () => {
  test('a whole table replaces what was there', () => {
    expect(replacingScript(table, small)).toBe(`\
add table ip shop { comment "rules of a shop" ; }
delete table ip shop
add table ip shop { comment "rules of a shop" ; }
add map ip shop doors { type inet_service : verdict ; comment "ways in" ; }
add set ip shop guests { type ipv4_addr ; }
add chain ip shop input { type filter hook input priority 0 ; }
add chain ip shop welcome
add rule ip shop input ip saddr @guests drop
add rule ip shop welcome accept
add element ip shop doors { 80 comment "front" : goto welcome }
add element ip shop guests { 10.0.0.1 }
`);
  });

  test('what stays is not mentioned', () => {
    expect(changingScript(table, small, small)).toBe('');
    const other = ruleset((rules) => {
      rules
        .chain('input', { hook: 'type filter hook input priority 0' })
        .push('ip saddr @guests drop');
      rules.chain('back').push('accept');
      rules
        .collection('doors', { kind: 'map', type: 'inet_service : verdict', comment: 'ways in' })
        .set('80', { value: 'goto back', comment: 'front' });
      rules.collection('guests', { kind: 'set', type: 'ipv4_addr' }).set('10.0.0.1', {});
    });
    expect(changingScript(table, small, other)).toBe(`\
flush chain ip shop welcome
delete element ip shop doors { 80 }
add chain ip shop back
add rule ip shop back accept
add element ip shop doors { 80 comment "front" : goto back }
`);
  });

  test('a set with another definition is made anew with the rules that use it', () => {
    const other = ruleset((rules) => {
      rules
        .chain('input', { hook: 'type filter hook input priority 0' })
        .push('ip saddr @guests drop');
      rules.chain('welcome').push('accept');
      rules
        .collection('doors', { kind: 'map', type: 'inet_service : verdict', comment: 'ways in' })
        .set('80', { value: 'goto welcome', comment: 'front' });
      rules
        .collection('guests', { kind: 'set', type: 'ipv4_addr', properties: ['flags interval'] })
        .set('10.0.0.0/8', {});
    });
    expect(changingScript(table, small, other)).toBe(`\
flush chain ip shop input
delete set ip shop guests
add set ip shop guests { type ipv4_addr ; flags interval ; }
add rule ip shop input ip saddr @guests drop
add element ip shop guests { 10.0.0.0/8 }
`);
  });
});

/** Any ruleset of a few names, so that two of them have much in common. */
function anyRuleset(random: SeededRandom): Ruleset {
  const some = (names: readonly string[]) => names.filter(() => random.next() < 0.6);
  const one = <T>(names: readonly T[]): T => names[Math.floor(random.next() * names.length)] as T;
  return ruleset((rules) => {
    const chains = some(['a', 'b', 'c', 'd']);
    const sets = some(['s', 't', 'u']);
    for (const name of chains) {
      const chain = rules.chain(name);
      for (const set of some(sets)) chain.push(`ip saddr @${set} goto ${one(chains)}`);
      if (random.next() < 0.5) chain.push(one(['accept', 'drop']));
    }
    for (const name of sets) {
      const properties = random.next() < 0.2 ? ['flags interval'] : [];
      const elements = rules.collection(name, { kind: 'set', type: 'ipv4_addr', properties });
      for (const address of some(['10.0.0.1', '10.0.0.2', '10.0.0.3'])) elements.set(address, {});
    }
    if (chains.length === 0) return;
    const map = rules.collection('m', { kind: 'map', type: 'inet_service : verdict' });
    for (const port of some(['1', '2', '3'])) map.set(port, { value: `goto ${one(chains)}` });
  });
}

describe('a table in the kernel', () => {
  function machine() {
    const nft = new FakeNft();
    const clock = new FakeClock();
    return { nft, clock, table: new NftTable(new AgentClient(nftTransport(nft)), clock, table) };
  }

  test('is what is wanted after any history', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new SeededRandom(seed);
      const { nft, clock, table: kept } = machine();
      for (let step = 0; step < 12; step++) {
        const wanted = anyRuleset(random);
        await kept.apply(wanted);
        clock.advance(random.next() * 1500);
        const expected = listed(wanted);
        // Chains out of use stay for a moment, empty.
        const kernel = nft
          .list('shop')
          ?.filter((line) => expected.includes(line) || !/^chain [a-d]$/.test(line));
        expect(kernel).toEqual(expected);
      }
      clock.advance(2000);
      await kept.apply(emptyRuleset);
      clock.advance(2000);
      await kept.apply(emptyRuleset);
      expect(nft.list('shop')).toEqual([]);
    }
  });

  test('nothing is run when nothing changes', async () => {
    const { nft, table: kept } = machine();
    expect(await kept.apply(small)).toBe(true);
    expect(await kept.apply(small)).toBe(false);
    expect(nft.scripts).toHaveLength(1);
  });

  test('is written whole after somebody else removed it', async () => {
    const { nft, table: kept } = machine();
    await kept.apply(small);
    nft.run('delete table ip shop');
    await expect(kept.apply(emptyRuleset)).rejects.toThrow('No such file or directory');
    await kept.apply(small);
    expect(nft.list('shop')).toEqual(listed(small));
  });

  test('is gone when it is removed, and may be removed twice', async () => {
    const { nft, table: kept } = machine();
    await kept.apply(small);
    await kept.remove();
    await kept.remove();
    expect(nft.list('shop')).toBeUndefined();
    await kept.apply(small);
    expect(nft.list('shop')).toEqual(listed(small));
  });
});
