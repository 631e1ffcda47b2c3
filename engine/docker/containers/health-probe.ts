import type { ContainerRecord } from './container-record.ts';
import { containerEvent, type ContainerContext } from './context.ts';
import { HealthMonitor, probeCommand, type Probe } from './health.ts';

/** Characters of a check's output that are kept. */
const KEPT_OUTPUT = 4096;

/** Begins to check a container that has a health check; the caller stops the monitor. */
export function watchHealth(
  context: ContainerContext,
  record: ContainerRecord,
): HealthMonitor | undefined {
  const { Healthcheck: check, Shell: shell } = record.config;
  const command = probeCommand(check, shell);
  if (check === undefined || command === undefined) return undefined;
  const monitor = new HealthMonitor(context.clock, check, probeIn(context, record.id), (status) =>
    containerEvent(context, record, `health_status: ${status}`),
  );
  void monitor.run(command);
  return monitor;
}

function probeIn({ runtime }: ContainerContext, id: string): Probe {
  return {
    async run(args, signal) {
      const running = await runtime.exec(id, { args });
      signal.addEventListener('abort', () => void running.close().catch(() => {}), { once: true });
      await running.input.close().catch(() => {});
      const decoder = new TextDecoder();
      const reader = running.output.getReader();
      let output = '';
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (output.length < KEPT_OUTPUT)
          output += decoder.decode(next.value.bytes, { stream: true });
      }
      return { exit: await running.exited, output };
    },
  };
}
