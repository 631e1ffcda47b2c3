import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import {
  affinityTerms,
  weightedAffinityTerms,
  type AffinityTerm,
} from '../matching/affinity-term.ts';
import type { WeightedAffinityTerm } from '../matching/affinity-term.ts';
import type { Amounts } from './amounts.ts';
import { hostPortsOf, type HostPort } from './host-ports.ts';
import { DEFAULT_REQUESTS, podRequests } from './pod-requests.ts';

const NO_TERMS: readonly never[] = [];

/** A Pod with what the scheduler reads out of it again and again. */
export class PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly priority: number;
  readonly requests: Amounts;
  /** the same, where containers that ask for nothing count with a little, so that they spread */
  readonly nonZeroRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[] = NO_TERMS;
  readonly requiredAntiAffinity: readonly AffinityTerm[] = NO_TERMS;
  readonly preferredAffinity: readonly WeightedAffinityTerm[] = NO_TERMS;
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[] = NO_TERMS;

  /** Throws a SelectorError for terms that the API server should have refused. */
  constructor(pod: Pod) {
    const { spec, metadata } = pod;
    this.pod = pod;
    this.uid = metadata.uid ?? '';
    this.priority = spec.priority ?? 0;
    this.requests = podRequests(spec);
    this.nonZeroRequests = podRequests(spec, DEFAULT_REQUESTS);
    this.hostPorts = hostPortsOf(spec);
    const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
    if (podAffinity !== undefined) {
      this.requiredAffinity = affinityTerms(pod, podAffinity);
      this.preferredAffinity = weightedAffinityTerms(pod, podAffinity);
    }
    if (podAntiAffinity !== undefined) {
      this.requiredAntiAffinity = affinityTerms(pod, podAntiAffinity);
      this.preferredAntiAffinity = weightedAffinityTerms(pod, podAntiAffinity);
    }
  }

  get hasAffinity(): boolean {
    return (
      this.requiredAffinity.length > 0 ||
      this.requiredAntiAffinity.length > 0 ||
      this.preferredAffinity.length > 0 ||
      this.preferredAntiAffinity.length > 0
    );
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? '';
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.pod.metadata.labels;
  }
}
