/** APIServices as the server sees them, and the condition in their status. */
import type {
  APIService as Service,
  APIServiceCondition,
} from '../../objects/generated/apiregistration-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { ApiObject } from '../registry/api-object.ts';

export type ApiService = ApiObject & Service;
export type Availability = Omit<APIServiceCondition, 'lastTransitionTime' | 'type'>;

export const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';

export function apiServiceName(group: string, version: string): string {
  return `${version}.${group}`;
}

/** Group and version of an APIService. */
export function servedBy({ spec }: ApiService): {
  readonly group: string;
  readonly version: string;
} {
  return { group: spec.group ?? '', version: spec.version ?? '' };
}

export function isAvailable({ status }: ApiService): boolean {
  return (
    status?.conditions?.some(
      ({ type, status: value }) => type === 'Available' && value === 'True',
    ) ?? false
  );
}

/** With its condition `Available`, whose time is kept unless the status changes. @param now UNIX milliseconds */
export function withAvailability(
  service: ApiService,
  availability: Availability,
  now: number,
): ApiService {
  const conditions = service.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'Available');
  const lastTransitionTime =
    before?.status === availability.status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : formatTime(now);
  const { status, reason, message } = availability;
  const next: APIServiceCondition = {
    type: 'Available',
    status,
    lastTransitionTime,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
  const others = conditions.filter(({ type }) => type !== 'Available');
  return { ...service, status: { ...service.status, conditions: [...others, next] } } as ApiService;
}

/** Where a group stands in discovery, and a version within its group. */
export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** Of groups that the server has itself (`apiVersionPriorities` of kube-apiserver). */
const GROUPS: Readonly<Record<string, number>> = {
  '': 18_000,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  apps: 17_800,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'coordination.k8s.io': 16_500,
  'discovery.k8s.io': 16_200,
  'events.k8s.io': 17_750,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'networking.k8s.io': 17_200,
  'node.k8s.io': 16_300,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'resource.k8s.io': 16_200,
  'scheduling.k8s.io': 16_600,
  'storage.k8s.io': 16_800,
  'storagemigration.k8s.io': 15_800,
};

/** Of versions that are not 15, as most. */
const VERSIONS: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'resource.k8s.io/v1': 21,
};

/** Of what a CustomResourceDefinition describes. */
const CUSTOM: Priority = { group: 1000, version: 100 };
/** The group of APIServices themselves comes first. */
const FIRST = 20_000;

export function localPriority(group: string, version: string): Priority {
  if (group === 'apiregistration.k8s.io') return { group: FIRST, version: 15 };
  const known = GROUPS[group];
  if (known === undefined) return CUSTOM;
  return { group: known, version: VERSIONS[`${group}/${version}`] ?? 15 };
}
