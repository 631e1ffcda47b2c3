/** What a kubelet says at `/metrics/resource`, of which metrics-server wants processors and memory. */
export interface Point {
  /** UNIX milliseconds */
  readonly time: number;
  /** since the start of what is measured */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** of a container, UNIX milliseconds */
  readonly startTime: number;
}

export interface NodeReading {
  readonly node?: Point;
  /** by `namespace/name`, then by container */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly time: number;
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Lines of Prometheus' text format; labels here hold nothing that is escaped. */
function* samplesOf(text: string): Generator<Sample> {
  for (const line of text.split('\n')) {
    const [, name, labels = '', value, time = '0'] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    yield {
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(LABEL)].map(([, key = '', label = '']) => [key, label]),
      ),
      value: Number(value),
      time: Number(time),
    };
  }
}

const FIELDS: Readonly<Record<string, keyof Point>> = {
  cpu_usage_seconds_total: 'cpuSeconds',
  memory_working_set_bytes: 'memoryBytes',
  start_time_seconds: 'startTime',
};

/** Points that lack one of their numbers are left out, as upstream's decoder does. */
export function readResourceMetrics(text: string): NodeReading {
  const points = new Map<string, Partial<Record<keyof Point, number>>>();
  for (const { name, labels, value, time } of samplesOf(text)) {
    const [, subject, rest = ''] = /^(node|container)_(.*)$/.exec(name) ?? [];
    const field = FIELDS[rest];
    if (subject === undefined || field === undefined) continue;
    const { namespace = '', pod = '', container = '' } = labels;
    const key = subject === 'node' ? '' : `${namespace}/${pod}/${container}`;
    const point = points.get(key) ?? {};
    point[field] = field === 'startTime' ? value * 1000 : value;
    if (field === 'cpuSeconds') point.time = time;
    points.set(key, point);
  }
  let node: Point | undefined;
  const pods = new Map<string, Map<string, Point>>();
  for (const [key, { time, cpuSeconds, memoryBytes, startTime = 0 }] of points) {
    if (time === undefined || cpuSeconds === undefined || memoryBytes === undefined) continue;
    // What nobody measures, such as a container that is a worker.
    if (cpuSeconds === 0 || memoryBytes === 0) continue;
    const point = { time, cpuSeconds, memoryBytes, startTime };
    if (key === '') {
      node = point;
      continue;
    }
    const slash = key.lastIndexOf('/');
    const pod = key.slice(0, slash);
    pods.set(pod, (pods.get(pod) ?? new Map<string, Point>()).set(key.slice(slash + 1), point));
  }
  return { pods, ...(node === undefined ? {} : { node }) };
}
