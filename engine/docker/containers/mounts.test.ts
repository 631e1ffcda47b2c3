import { describe, expect, it } from 'vitest';
import { completeConfig } from './container-config.ts';
import { completeHostConfig } from './host-config.ts';
import type { GivenHostConfig } from './create-body.ts';
import { checkTmpfsOptions, parseVolumesFrom } from './mount-specs.ts';
import { inheritedMount, mountRequests, runtimeMount, tmpfsMounts } from './mounts.ts';

function requests(
  host: GivenHostConfig,
  volumes: Readonly<Record<string, object>> = {},
  inherited: readonly ReturnType<typeof inheritedMount>[] = [],
) {
  return mountRequests(
    completeConfig({ Cmd: ['true'] }, { Volumes: volumes }, 'id'),
    completeHostConfig(host),
    inherited,
  );
}

it('tells volumes, directories and anonymous volumes apart', () => {
  expect(
    requests({ Binds: ['data:/data', '/srv/../etc:/etc/:ro,rslave', '/anon'] }, { '/image': {} }),
  ).toMatchObject([
    { type: 'volume', source: 'data', target: '/data', mode: 'z', readOnly: false },
    {
      type: 'bind',
      source: '/etc',
      target: '/etc',
      readOnly: true,
      create: true,
      propagation: 'rslave',
    },
    { type: 'volume', source: '', target: '/anon', anonymous: true },
    { type: 'volume', source: '', target: '/image', anonymous: true },
  ]);
});

it('does not make a directory for --mount', () => {
  const TmpfsOptions = { SizeBytes: 64, Mode: 0o700 };
  const made = requests({
    Mounts: [
      { Type: 'bind', Source: '/a', Target: '/b' },
      { Type: 'tmpfs', Target: '/t', ReadOnly: true, TmpfsOptions },
      {
        Type: 'volume',
        Source: 'data',
        Target: '/v',
        VolumeOptions: { NoCopy: true, DriverConfig: { Name: 'local', Options: { type: 'x' } } },
      },
    ],
  });
  expect(made).toMatchObject([
    { type: 'bind', create: false, propagation: 'rprivate' },
    { type: 'tmpfs', tmpfsOptions: ['ro', 'mode=700', 'size=64'] },
    { type: 'volume', noCopy: true, driver: 'local', driverOptions: { type: 'x' } },
  ]);
  expect(made.map((request) => runtimeMount(request, 'data'))).toMatchObject([
    { kind: 'bind', source: '/a' },
    { options: ['noexec', 'nosuid', 'nodev', 'rprivate', 'ro', 'mode=700', 'size=64'] },
    { kind: 'volume', volume: 'data', anonymous: false },
  ]);
});

it('lets what is asked for win over what is inherited and what the image declares', () => {
  const inherited = inheritedMount(
    { kind: 'volume', volume: 'old', target: '/data', readOnly: false, anonymous: true },
    true,
  );
  expect(requests({ Binds: ['new:/data'] }, { '/data': {} }, [inherited])).toMatchObject([
    { source: 'new', anonymous: false },
  ]);
  expect(requests({}, { '/data': {} }, [inherited])).toMatchObject([
    { source: 'old', readOnly: true, anonymous: true },
  ]);
  expect(requests({ Tmpfs: { '/data/': '' } }, { '/data': {} })).toEqual([]);
});

describe('options of a tmpfs', () => {
  it('are completed, and later ones win', () => {
    expect(
      tmpfsMounts(completeHostConfig({ Tmpfs: { '/x/': 'exec,size=1m,ro,size=2m,rw' } })),
    ).toEqual([
      {
        kind: 'tmpfs',
        target: '/x',
        options: ['nosuid', 'nodev', 'rprivate', 'exec', 'size=2m', 'rw'],
      },
    ]);
  });

  it.each([
    ['foo', 'invalid tmpfs option ["foo"]'],
    ['foo=1=2', 'invalid tmpfs option ["foo" "1=2"]'],
  ])('are known ones, not %s', (option, message) => {
    expect(() => checkTmpfsOptions(['size=1m', 'ro', option])).toThrow(message);
  });
});

it('takes only access from --volumes-from', () => {
  expect(parseVolumesFrom('web:ro')).toEqual({ reference: 'web', readOnly: true });
  expect(parseVolumesFrom('web:z')).toEqual({ reference: 'web', readOnly: false });
  for (const mode of ['foo', 'rshared', 'nocopy'])
    expect(() => parseVolumesFrom(`web:${mode}`)).toThrow(`invalid mode: ${mode}`);
});

it.each<[GivenHostConfig, string]>([
  [{ Binds: ['a:b:c:d'] }, "invalid volume specification: 'a:b:c:d'"],
  [{ Binds: ['/data:ro'] }, "invalid volume specification: '/data:ro'"],
  [{ Binds: ['data:/data:wrong'] }, 'invalid mode: wrong'],
  [{ Binds: ['data:/data:ro,rw'] }, 'invalid mode: ro,rw'],
  [
    { Binds: ['data:x'] },
    `invalid volume specification: 'data:x': invalid mount config for type "volume": invalid mount path: 'x' mount path must be absolute`,
  ],
  [
    { Binds: ['data:/data:rshared'] },
    `invalid volume specification: 'data:/data:rshared': invalid mount config for type "volume": field BindOptions must not be specified`,
  ],
  [{ Binds: ['one:/data', 'two:/data'] }, 'Duplicate mount point: /data'],
  [{ Binds: ['one:/data'], Tmpfs: { '/data': '' } }, 'Duplicate mount point: /data'],
  [
    { Mounts: [{ Type: 'odd', Target: '/x' }] },
    'invalid mount config for type "odd": mount type unknown',
  ],
  [
    { Mounts: [{ Type: 'bind', Source: '/a', Target: '/x', BindOptions: { Propagation: 'odd' } }] },
    'invalid mount config for type "bind": invalid propagation mode: odd',
  ],
  [
    { Mounts: [{ Type: 'tmpfs', Source: 'a', Target: '/x' }] },
    'invalid mount config for type "tmpfs": field Source must not be specified',
  ],
])('refuses %j', (host, message) => {
  expect(() => requests(host)).toThrow(message);
});
