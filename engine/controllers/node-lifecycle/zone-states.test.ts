import { describe, expect, it } from 'vitest';
import { ZoneStates, type Disruption } from './zone-states.ts';

/** `+` for a node that is ready, `-` for one that is not. */
const zonesOf = (zones: Readonly<Record<string, string>>) =>
  new Map(
    Object.entries(zones).map(([zone, nodes]) => [
      zone,
      nodes.split('').map((node) => node === '+'),
    ]),
  );

function shown(disruption: Disruption): string {
  if (disruption.kind === 'began') return `began ${disruption.zones.join()}`;
  const zones = [...disruption.zones].map(([zone, state]) => `${zone}=${state}`);
  return [disruption.kind, ...zones].join(' ');
}

describe('the state of zones', () => {
  it.each([
    ['++++', 'Normal'],
    ['+---', 'PartialDisruption'],
    // Two are too few to call it a disruption.
    ['+--', 'Normal'],
    // Less than 55 of a hundred.
    ['++++---', 'Normal'],
    ['+++----', 'PartialDisruption'],
    ['-+', 'Normal'],
  ])('%s is %s', (nodes, state) => {
    const states = new ZoneStates(0.55);
    expect(shown(states.observe(zonesOf({ a: nodes, b: '+' })))).toBe(
      `changed a=${state} b=Normal`,
    );
  });

  it('tells only of zones that changed', () => {
    const states = new ZoneStates(0.55);
    states.observe(zonesOf({ a: '++', b: '++' }));
    expect(shown(states.observe(zonesOf({ a: '++', b: '--' })))).toBe('changed b=FullDisruption');
    expect(shown(states.observe(zonesOf({ a: '++', b: '--' })))).toBe('changed');
    expect(shown(states.observe(zonesOf({ a: '++', b: '+-' })))).toBe('changed b=Normal');
  });

  it('takes silence everywhere for a failure of its own', () => {
    const states = new ZoneStates(0.55);
    states.observe(zonesOf({ a: '++', b: '++' }));
    expect(shown(states.observe(zonesOf({ a: '--', b: '--' })))).toBe('began a,b');
    expect(shown(states.observe(zonesOf({ a: '--', b: '--' })))).toBe('changed');
    expect(shown(states.observe(zonesOf({ a: '+-', b: '--' })))).toBe(
      'ended a=Normal b=FullDisruption',
    );
  });

  it('forgets zones without nodes', () => {
    const states = new ZoneStates(0.55);
    states.observe(zonesOf({ a: '++', b: '--' }));
    states.observe(zonesOf({ a: '++' }));
    expect(states.has('b')).toBe(false);
    expect(shown(states.observe(new Map()))).toBe('changed');
  });
});
