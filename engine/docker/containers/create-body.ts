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
  VolumeOptions: z.looseObject({ NoCopy: flag, Labels: labels }).nullish(),
  TmpfsOptions: z.looseObject({ SizeBytes: integer, Mode: integer }).nullish(),
});

const resourcesSchema = z.looseObject({
  CpuShares: integer,
  Memory: integer,
  NanoCpus: integer,
  CpuPeriod: integer,
  CpuQuota: integer,
  CpusetCpus: text,
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
});

const endpoint = z.looseObject({
  IPAMConfig: z.looseObject({ IPv4Address: text }).nullish(),
  Aliases: strings,
  MacAddress: text,
});

export const createBodySchema = configSchema.extend({
  HostConfig: hostConfigSchema.nullish(),
  NetworkingConfig: z
    .looseObject({ EndpointsConfig: z.record(z.string(), endpoint.nullish()).nullish() })
    .nullish(),
});

export type CreateBody = z.infer<typeof createBodySchema>;
export type GivenConfig = z.infer<typeof configSchema>;
export type GivenHostConfig = z.infer<typeof hostConfigSchema>;
export type GivenMount = z.infer<typeof mount>;
