/** `/_ping`, `/version`, `/info`, `/events`, `/system/df`. */
import type { DockerEvent } from '../system/event-log.ts';
import { eventMatches } from '../system/event-log.ts';
import { describe } from '../containers/describe.ts';
import { directorySize } from '../containers/list.ts';
import { summarizeContainer } from '../containers/describe.ts';
import { sharedSizes, summarizeImage } from '../images/describe-image.ts';
import { goTime, parseTimestamp } from '../../base/go-format.ts';
import { MACHINE_CPUS } from '../containers/host-config-checks.ts';
import { badRequest } from './api-error.ts';
import { API_VERSION, MIN_API_VERSION } from './api-version.ts';
import type { ApiRequest } from './api-request.ts';
import type { EngineServices } from './engine-services.ts';
import { laterDiskUsage, laterInfo } from './later-versions.ts';
import { INDEX_SERVER } from './registry-routes.ts';
import { json, jsonLine, stream, text } from './reply.ts';
import type { Routes } from './router.ts';
import { volumeBody } from './volume-routes.ts';

export function systemRoutes(services: EngineServices): Routes {
  const { context, containers, guest, version } = services;
  const { runtime, records, clock, events } = context;

  let versions: Promise<ProgramVersions> | undefined;

  const ping = () => {
    const reply = text('OK');
    reply.headers.set('builder-version', '1');
    reply.headers.set('swarm', 'inactive');
    reply.headers.set('cache-control', 'no-cache, no-store, must-revalidate');
    reply.headers.set('pragma', 'no-cache');
    return reply;
  };

  return {
    'GET /_ping': ping,

    'GET /version': async () => {
      const [{ kernel }, { crun, init }] = await Promise.all([
        guest.call('hello', {}),
        programVersions(),
      ]);
      const details = {
        ApiVersion: API_VERSION,
        Arch: '386',
        BuildTime: '',
        Experimental: 'false',
        GitCommit: '',
        GoVersion: 'none (TypeScript)',
        KernelVersion: kernel,
        MinAPIVersion: MIN_API_VERSION,
        Os: 'linux',
      };
      return json({
        Platform: { Name: 'Drydock Engine' },
        Components: [
          { Name: 'Engine', Version: version, Details: details },
          { Name: 'crun', Version: crun, Details: { GitCommit: '' } },
          { Name: 'docker-init', Version: init, Details: { GitCommit: '' } },
        ],
        Version: version,
        ApiVersion: API_VERSION,
        MinAPIVersion: MIN_API_VERSION,
        GitCommit: '',
        GoVersion: 'none (TypeScript)',
        Os: 'linux',
        Arch: '386',
        KernelVersion: kernel,
        BuildTime: '',
      });
    },

    'GET /info': async (request) => {
      const [{ kernel, hostname }, { memory }] = await Promise.all([
        guest.call('hello', {}),
        guest.call('stats', {}),
      ]);
      const states = records.list().map((record) => describe(context, containers, record).status);
      const count = (...wanted: readonly string[]): number =>
        states.filter((state) => wanted.includes(state)).length;
      return json(
        laterInfo(
          {
            ID: engineId(runtime.networks.find('bridge')?.id ?? ''),
            Containers: states.length,
            ContainersRunning: count('running', 'restarting'),
            ContainersPaused: count('paused'),
            ContainersStopped: count('created', 'exited', 'removing'),
            Images: runtime.images.list().length,
            Driver: 'overlay2',
            DriverStatus: [
              ['Backing Filesystem', 'extfs'],
              ['Supports d_type', 'true'],
              ['Native Overlay Diff', 'true'],
              ['userxattr', 'false'],
            ],
            Plugins: {
              Volume: ['local'],
              Network: ['bridge', 'host', 'null'],
              Authorization: null,
              Log: ['json-file', 'local', 'none'],
            },
            MemoryLimit: true,
            SwapLimit: false,
            KernelMemory: false,
            KernelMemoryTCP: false,
            CpuCfsPeriod: true,
            CpuCfsQuota: true,
            CPUShares: true,
            CPUSet: false,
            PidsLimit: true,
            IPv4Forwarding: true,
            BridgeNfIptables: true,
            BridgeNfIp6tables: true,
            Debug: false,
            NFd: 0,
            OomKillDisable: false,
            NGoroutines: 0,
            SystemTime: goTime(clock.now()),
            LoggingDriver: 'json-file',
            CgroupDriver: 'cgroupfs',
            CgroupVersion: '2',
            NEventsListener: 0,
            KernelVersion: kernel,
            OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
            OSVersion: '12',
            OSType: 'linux',
            Architecture: 'i686',
            IndexServerAddress: INDEX_SERVER,
            RegistryConfig: {
              AllowNondistributableArtifactsCIDRs: [],
              AllowNondistributableArtifactsHostnames: [],
              InsecureRegistryCIDRs: ['127.0.0.0/8'],
              IndexConfigs: {
                'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true },
              },
              Mirrors: [],
            },
            NCPU: MACHINE_CPUS,
            MemTotal: memory.total,
            GenericResources: null,
            DockerRootDir: '/var/lib/docker',
            HttpProxy: '',
            HttpsProxy: '',
            NoProxy: '',
            Name: hostname,
            Labels: [],
            ExperimentalBuild: false,
            ServerVersion: version,
            Runtimes: { crun: { path: '/usr/bin/crun' } },
            DefaultRuntime: 'crun',
            Swarm: {
              NodeID: '',
              NodeAddr: '',
              LocalNodeState: 'inactive',
              ControlAvailable: false,
              Error: '',
              RemoteManagers: null,
            },
            LiveRestoreEnabled: false,
            Isolation: '',
            InitBinary: 'docker-init',
            ContainerdCommit: { ID: '', Expected: '' },
            RuncCommit: { ID: '', Expected: '' },
            InitCommit: { ID: '', Expected: '' },
            SecurityOptions: ['name=seccomp,profile=default', 'name=cgroupns'],
            Warnings: ['WARNING: No swap limit support', 'WARNING: No cpuset support'],
          },
          request,
        ),
      );
    },

    'GET /events': (request) => {
      const filters = request.filters();
      const now = clock.now();
      const since = moment(request, 'since');
      const until = moment(request, 'until');
      const stop: (() => void)[] = [];
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const send = (event: DockerEvent): void => {
            if (eventMatches(event, filters)) controller.enqueue(jsonLine(event));
          };
          if (since !== undefined)
            for (const event of events.between(since, until ?? now)) send(event);
          if (until !== undefined && until <= now) {
            controller.close();
            return;
          }
          const subscription = events.event(send);
          stop.push(() => subscription.dispose());
          if (until === undefined) return;
          const timer = clock.setTimer(() => {
            subscription.dispose();
            controller.close();
          }, until - now);
          stop.push(() => timer.dispose());
        },
        cancel() {
          for (const one of stop) one();
        },
      });
      return stream(body, 'application/json');
    },

    'GET /system/df': async (request) => {
      const now = clock.now();
      const all = records.list().map((record) => describe(context, containers, record));
      const sizes = await Promise.all(
        all.map(async (one) => {
          const upper = await directorySize(guest, one.container.paths.upper);
          return {
            SizeRw: upper,
            SizeRootFs: upper + (runtime.images.find(one.record.image)?.size ?? 0),
          };
        }),
      );
      const shared = sharedSizes(runtime.images.list());
      const images = runtime.images
        .list()
        .filter(({ tags, id }) => tags.length > 0 || runtime.images.children(id).length === 0);
      const layers = new Map(
        runtime.images
          .list()
          .flatMap((image) =>
            image.layers.map(({ diffId, contentSize }) => [diffId, contentSize] as const),
          ),
      );
      const volumes = await Promise.all(
        runtime.volumes.list().map(async (volume) => ({
          ...volumeBody(volume),
          UsageData: {
            RefCount: all.filter(({ record }) =>
              record.mounts.some(({ Name }) => Name === volume.name),
            ).length,
            Size: await runtime.volumes.usage(volume.name),
          },
        })),
      );
      return json(
        laterDiskUsage(
          {
            LayersSize: [...layers.values()].reduce((sum, size) => sum + size, 0),
            Images: images.map((image) =>
              summarizeImage(
                image,
                all.filter(({ record }) => record.image === image.id).length,
                shared.get(image.id),
              ),
            ),
            Containers: all.map((one, index) => ({
              ...summarizeContainer(context, one, now),
              ...sizes[index],
            })),
            Volumes: volumes,
            BuildCache: null,
            BuilderSize: 0,
          },
          request,
        ),
      );
    },
  };

  /** Asked once: each costs a program's start. */
  function programVersions(): Promise<ProgramVersions> {
    versions ??= askVersions(guest);
    versions.catch(() => (versions = undefined));
    return versions;
  }

  function moment(request: ApiRequest, name: string): number | undefined {
    const value = request.text(name);
    if (value === '') return undefined;
    const time = parseTimestamp(value, clock.now());
    if (time === undefined)
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    return time;
  }
}

interface ProgramVersions {
  readonly crun: string;
  readonly init: string;
}

/** What the machine's runtime and first process say of themselves. */
async function askVersions(guest: EngineServices['guest']): Promise<ProgramVersions> {
  const { stdout } = await guest.call('run', {
    argv: ['sh', '-c', 'crun --version; docker-init --version'],
  });
  const [, crun = ''] = /^crun version (\S+)/m.exec(stdout) ?? [];
  const [, init = ''] = /^tini version (\S+)/m.exec(stdout) ?? [];
  return { crun, init };
}

/** Twelve groups of four letters, as dockerd names itself, made from something that stays. */
function engineId(hexadecimal: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const digits = Array.from({ length: 48 }, (_, index) => {
    const value = Number.parseInt(hexadecimal.slice(index, index + 4), 16) || 0;
    return letters[value % letters.length] ?? '';
  });
  return digits.join('').replaceAll(/.{4}(?=.)/g, '$&:');
}
