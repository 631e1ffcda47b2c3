import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  Probe,
  ProbeHandler,
  SleepAction,
  TCPSocketAction,
} from '../../generated/core-v1.generated.ts';
import type { IntOrString } from '../../generated/util-intstr.generated.ts';
import { isHttpHeaderName, isPortName, isPortNumber } from '../../names.ts';
import type { Place } from '../place.ts';
import { enumOf, fields, nonNegative, oneMember, optional, required, type Rule } from '../rules.ts';

/** What the kubelet does with a running container: probes and lifecycle hooks. */

/** A port as its number or its name. */
export const portNumberOrName: Rule<IntOrString | undefined> = (port = 0, at) =>
  at.invalidEach(port, typeof port === 'number' ? isPortNumber(port) : isPortName(port));

const httpGet: Rule<HTTPGetAction> = (action, at) => {
  required()(action.path, at.child('path'));
  portNumberOrName(action.port, at.child('port'));
  enumOf('HTTP', 'HTTPS')(action.scheme, at.child('scheme'));
  for (const { name } of action.httpHeaders ?? []) {
    at.child('httpHeaders').invalidEach(name, isHttpHeaderName(name));
  }
};

function sleep(gracePeriod: number | undefined): Rule<SleepAction> {
  return ({ seconds }, at) => {
    if (gracePeriod !== undefined && (seconds < 0 || seconds > gracePeriod)) {
      at.invalid(
        seconds,
        `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`,
      );
    }
  };
}

const actions = {
  exec: fields<ExecAction>({ command: required() }),
  httpGet,
  tcpSocket: fields<TCPSocketAction>({ port: portNumberOrName }),
};
const messages = {
  several: 'may not specify more than 1 handler type',
  none: 'must specify a handler type',
};

const probeHandler = oneMember<ProbeHandler>(
  { ...actions, grpc: fields<GRPCAction>({ port: portNumberOrName }) },
  messages,
);

const anyProbe: Rule<Probe> = (probe, at) => {
  probeHandler(probe, at);
  timings(probe, at);
};

const timings = fields<Probe>({
  initialDelaySeconds: nonNegative,
  timeoutSeconds: nonNegative,
  periodSeconds: nonNegative,
  successThreshold: nonNegative,
  failureThreshold: nonNegative,
  terminationGracePeriodSeconds: optional((seconds, at) => {
    if (seconds <= 0) at.invalid(seconds, 'must be greater than 0');
  }),
});

/** Liveness and startup: one success is enough. */
const oneSuccess = optional<Probe>((probe, at) => {
  anyProbe(probe, at);
  if (probe.successThreshold !== 1) {
    at.child('successThreshold').invalid(probe.successThreshold ?? 0, 'must be 1');
  }
});

const readiness = optional<Probe>((probe, at) => {
  anyProbe(probe, at);
  const { terminationGracePeriodSeconds: seconds } = probe;
  if (seconds !== undefined) {
    at.child('terminationGracePeriodSeconds').invalid(
      seconds,
      'must not be set for readinessProbes',
    );
  }
});

interface Probes {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

export const probes = fields<Probes>({
  livenessProbe: oneSuccess,
  readinessProbe: readiness,
  startupProbe: oneSuccess,
});

export function lifecycle(hooks: Lifecycle, at: Place, gracePeriod: number | undefined): void {
  const handler = optional(
    oneMember<LifecycleHandler>({ ...actions, sleep: sleep(gracePeriod) }, messages),
  );
  handler(hooks.postStart, at.child('postStart'));
  handler(hooks.preStop, at.child('preStop'));
}
