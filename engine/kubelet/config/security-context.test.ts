import { describe, expect, it } from 'vitest';
import type { SecurityContext } from '../../objects/generated/core-v1.generated.ts';
import { testPod } from '../testing/test-context.ts';
import { containerSecurityContext, verifyRunAsNonRoot } from './security-context.ts';

const facts = {
  imageUser: { username: '' },
  volumeGroups: [],
  seccompRoot: '/var/lib/kubelet/seccomp',
};

function contextOf(
  securityContext: SecurityContext,
  pod = testPod(),
  imageUser: { readonly uid?: number; readonly username: string } = { username: '' },
) {
  return containerSecurityContext(pod, { name: 'web', securityContext }, { ...facts, imageUser });
}

it("merges the Pod's with the container's", () => {
  const pod = testPod({
    securityContext: {
      runAsUser: 1000,
      runAsGroup: 3000,
      fsGroup: 2000,
      supplementalGroups: [4000],
      seccompProfile: { type: 'RuntimeDefault' },
    },
  });
  expect(
    contextOf({ runAsUser: 5000, capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }, pod),
  ).toEqual({
    addCapabilities: ['NET_ADMIN'],
    dropCapabilities: ['ALL'],
    privileged: false,
    namespaces: { network: 'POD', ipc: 'POD', pid: 'CONTAINER' },
    runAsUser: 5000,
    runAsGroup: 3000,
    supplementalGroups: [2000, 4000],
    readonlyRootfs: false,
    noNewPrivileges: false,
    seccomp: { profileType: 'RuntimeDefault' },
  });
});

it("takes the image's user where nobody says otherwise", () => {
  expect(contextOf({}, testPod(), { uid: 101, username: '' })).toMatchObject({ runAsUser: 101 });
  expect(contextOf({}, testPod(), { username: 'nginx' })).toMatchObject({ runAsUsername: 'nginx' });
  expect(contextOf({})).toMatchObject({ runAsUser: 0 });
});

it('knows profiles, and what forbids new privileges', () => {
  const localhost = { type: 'Localhost', localhostProfile: 'audit.json' } as const;
  expect(contextOf({ seccompProfile: localhost, allowPrivilegeEscalation: false })).toMatchObject({
    seccomp: { profileType: 'Localhost', localhostRef: '/var/lib/kubelet/seccomp/audit.json' },
    noNewPrivileges: true,
  });
  expect(contextOf({})).toMatchObject({ seccomp: { profileType: 'Unconfined' } });
  expect(() => contextOf({ seccompProfile: { type: 'Localhost' } })).toThrow(
    'localhostProfile must be set if seccompProfile type is Localhost.',
  );
});

it('shares namespaces as the Pod says', () => {
  const namespacesOf = (pod = testPod(), targetId?: string) =>
    containerSecurityContext(
      pod,
      { name: 'web' },
      { ...facts, ...(targetId === undefined ? {} : { targetId }) },
    ).namespaces;
  expect(namespacesOf(testPod({ shareProcessNamespace: true })).pid).toBe('POD');
  expect(namespacesOf(testPod({ hostNetwork: true, hostPID: true, hostIPC: true }))).toEqual({
    network: 'NODE',
    ipc: 'NODE',
    pid: 'NODE',
  });
  expect(namespacesOf(testPod(), 'container-1')).toMatchObject({
    pid: 'TARGET',
    targetId: 'container-1',
  });
});

describe('runAsNonRoot', () => {
  const which = '(pod: "web_default(uid-1)", container: web)';
  const verify = (
    securityContext: SecurityContext,
    imageUser: { readonly uid?: number; readonly username: string } = { username: '' },
  ) => {
    const container = { name: 'web', securityContext };
    verifyRunAsNonRoot(testPod({ securityContext: { runAsNonRoot: true } }), container, imageUser);
  };
  it.each([
    [{ runAsUser: 0 }, undefined, `container's runAsUser breaks non-root policy ${which}`],
    [
      {},
      { uid: 0, username: '' },
      `container has runAsNonRoot and image will run as root ${which}`,
    ],
    [{}, undefined, `container has runAsNonRoot and image will run as root ${which}`],
    [
      {},
      { username: 'nginx' },
      `container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root ${which}`,
    ],
  ])('refuses %j with an image of %j', (securityContext, imageUser, message) => {
    expect(() => verify(securityContext, imageUser)).toThrow(message);
  });

  it('lets others run', () => {
    expect(() => {
      verify({ runAsUser: 1000 });
      verify({}, { uid: 101, username: '' });
      verify({ runAsNonRoot: false, runAsUser: 0 });
    }).not.toThrow();
  });
});
