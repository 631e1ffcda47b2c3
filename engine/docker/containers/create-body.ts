/** The body of `POST /containers/create`, as the Docker CLI and other clients send it. */
import { z } from 'zod';

const strings = z.array(z.string()).nullish();
const integer = z.number().nullish();
const flag = z.boolean().nullish();
const text = z.string().nullish();
const labels = z.record(z.string(), z.string()).nullish();
const keys = z.record(z.string(), z.unknown()).nullish();
/** Docker takes a single string for a list of one. */
const command = z.union([z.string().transform((one) => [one]), z.array(z.string())]).nullish();

const healthcheckSchema = z.looseObject({
  Test: strings,
  /** nanoseconds */
  Interval: integer,
  Timeout: integer,
  StartPeriod: integer,
  StartInterval: integer,
  Retries: integer,
});

export const configSchema = z.looseObject({
  Hostname: text,
  Domainname: text,
  User: text,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: keys,
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  Env: strings,
  Cmd: command,
  Healthcheck: healthcheckSchema.nullish(),
  Image: text,
  Volumes: keys,
  WorkingDir: text,
  Entrypoint: command,
  NetworkDisabled: flag,
  MacAddress: text,
  OnBuild: strings,
  Labels: labels,
  StopSignal: text,
  /** seconds */
  StopTimeout: integer,
  Shell: command,
});

const portBinding = z.looseObject({ HostIp: text, HostPort: text });

const restartPolicySchema = z.looseObject({ Name: text, MaximumRetryCount: integer });

const ulimit = z.looseObject({ Name: z.string(), Soft: z.number(), Hard: z.number() });

/** `--mount` */
const mount = z.looseObject({
  Type: z.string(),
  Source: text,
  Target: z.string(),
  ReadOnly: flag,
  BindOptions: z
    .looseObject({ Propagation: text, NonRecursive: flag, CreateMountpoint: flag })
    .nullish(),
  VolumeOptions: z
    .looseObject({
      NoCopy: flag,
      Labels: labels,
      DriverConfig: z.looseObject({ Name: text, Options: labels }).nullish(),
    })
    .nullish(),
  TmpfsOptions: z.looseObject({ SizeBytes: integer, Mode: integer }).nullish(),
});

const rates = z.array(z.looseObject({ Path: z.string(), Rate: z.number() })).nullish();

const resourcesSchema = z.looseObject({
  CpuShares: integer,
  Memory: integer,
  NanoCpus: integer,
  CpuPeriod: integer,
  CpuQuota: integer,
  CpusetCpus: text,
  CpusetMems: text,
  BlkioDeviceReadBps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteIOps: rates,
  Devices: z
    .array(
      z.looseObject({ PathOnHost: z.string(), PathInContainer: text, CgroupPermissions: text }),
    )
    .nullish(),
  DeviceCgroupRules: strings,
  DeviceRequests: z
    .array(z.looseObject({ Driver: text, Capabilities: z.array(z.array(z.string())).nullish() }))
    .nullish(),
  MemoryReservation: integer,
  MemorySwap: integer,
  OomKillDisable: flag,
  PidsLimit: integer,
  Ulimits: z.array(ulimit).nullish(),
});

export const hostConfigSchema = resourcesSchema.extend({
  Binds: strings,
  NetworkMode: text,
  PortBindings: z.record(z.string(), z.array(portBinding).nullish()).nullish(),
  RestartPolicy: restartPolicySchema.nullish(),
  AutoRemove: flag,
  VolumesFrom: strings,
  VolumeDriver: text,
  CapAdd: command,
  CapDrop: command,
  CgroupnsMode: text,
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: text,
  OomScoreAdj: integer,
  PidMode: text,
  Privileged: flag,
  PublishAllPorts: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: strings,
  Tmpfs: z.record(z.string(), z.string()).nullish(),
  ShmSize: integer,
  Sysctls: labels,
  Runtime: text,
  LogConfig: z.looseObject({ Type: text, Config: labels }).nullish(),
  /** rows, columns */
  ConsoleSize: z.array(z.number()).nullish(),
  Mounts: z.array(mount).nullish(),
  Init: flag,
  Links: strings,
  UTSMode: text,
  UsernsMode: text,
  CgroupParent: text,
  StorageOpt: labels,
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  /** for the OCI runtime */
  Annotations: labels,
});

export const endpointSchema = z.looseObject({
  IPAMConfig: z.looseObject({ IPv4Address: text }).nullish(),
  Links: strings,
  Aliases: strings,
  MacAddress: text,
  DriverOpts: labels,
});

export const createBodySchema = configSchema.extend({
  HostConfig: hostConfigSchema.nullish(),
  NetworkingConfig: z
    .looseObject({ EndpointsConfig: z.record(z.string(), endpointSchema.nullish()).nullish() })
    .nullish(),
});

export type CreateBody = z.infer<typeof createBodySchema>;
export type GivenConfig = z.infer<typeof configSchema>;
export type GivenHostConfig = z.infer<typeof hostConfigSchema>;
export type GivenEndpoint = z.infer<typeof endpointSchema>;
export type GivenMount = z.infer<typeof mount>;
