import { expect, it } from 'vitest';
import { completeConfig, completeHostConfig } from './container-config.ts';
import type { GivenHostConfig } from './create-body.ts';
import { mountRequests, type MountPoint } from './mounts.ts';

function requests(
  host: GivenHostConfig,
  volumes: Readonly<Record<string, object>> = {},
  inherited: readonly MountPoint[] = [],
) {
  return mountRequests(
    completeConfig({ Cmd: ['true'] }, { Volumes: volumes }, 'id'),
    completeHostConfig(host),
    inherited,
  );
}

it('tells volumes, directories and anonymous volumes apart', () => {
  expect(
    requests({ Binds: ['data:/data', '/srv/../etc:/etc/:ro', '/anonymous'] }, { '/image': {} }),
  ).toMatchObject([
    { type: 'volume', source: 'data', target: '/data', mode: 'z', readOnly: false },
    { type: 'bind', source: '/etc', target: '/etc', readOnly: true, create: true },
    { type: 'volume', source: '', target: '/anonymous' },
    { type: 'volume', source: '', target: '/image' },
  ]);
});

it('does not make a directory for --mount', () => {
  expect(
    requests({
      Mounts: [
        { Type: 'bind', Source: '/a', Target: '/b' },
        { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 64, Mode: 0o700 } },
      ],
    }),
  ).toMatchObject([
    { type: 'bind', create: false },
    { type: 'tmpfs', tmpfsOptions: ['size=64', 'mode=700'] },
  ]);
});

it('lets what is asked for win over what is inherited and what the image declares', () => {
  const inherited: MountPoint = {
    Type: 'volume',
    Name: 'old',
    Source: '/x',
    Destination: '/data',
    Mode: 'z',
    RW: true,
    Propagation: '',
  };
  expect(requests({ Binds: ['new:/data'] }, { '/data': {} }, [inherited])).toMatchObject([
    { source: 'new' },
  ]);
  expect(requests({}, { '/data': {} }, [inherited])).toMatchObject([{ source: 'old' }]);
});

it.each([
  [{ Binds: ['a:b:c:d'] }, "invalid volume specification: 'a:b:c:d'"],
  [{ Binds: ['data:/data:wrong'] }, 'invalid mode: wrong'],
  [
    { Binds: ['./x:/data'] },
    'create ./x: "./x" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
  ],
  [{ Binds: ['one:/data', 'two:/data'] }, 'Duplicate mount point: /data'],
  [
    { Mounts: [{ Type: 'odd', Target: '/x' }] },
    'invalid mount config for type "odd": mount type unknown',
  ],
])('refuses %j', (host, message) => {
  expect(() => requests(host)).toThrow(message);
});
