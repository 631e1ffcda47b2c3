/**
 * Counters, gauges and histograms in the text format of Prometheus; the library for it wants Node
 * (docs/decisions/024-extension-points-of-the-api-server.md).
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export interface Metric {
  readonly name: string;
  /** Lines of text, without HELP and TYPE. */
  samples(): Iterable<string> | Promise<Iterable<string>>;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

type Labels = readonly string[];

/** A number as Go prints it: from a million on, and below a ten-thousandth, by its exponent. */
export function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  const size = Math.abs(value);
  if (size === 0 || (size < 1e6 && size >= 1e-4)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('"', String.raw`\"`);
}

function sample(name: string, labels: Labels, values: Labels, value: number): string {
  const pairs = labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`);
  const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  return `${name}${set} ${formatNumber(value)}`;
}

/** One thing for each set of labels' values. */
class Series<T> {
  readonly #entries = new Map<string, { readonly values: Labels; readonly entry: T }>();

  get(values: Labels, make: () => T): T {
    const key = values.join('\0');
    const known = this.#entries.get(key);
    if (known !== undefined) return known.entry;
    const entry = make();
    this.#entries.set(key, { values, entry });
    return entry;
  }

  delete(values: Labels): void {
    this.#entries.delete(values.join('\0'));
  }

  /** In the order of the labels' values. */
  sorted(): readonly { readonly values: Labels; readonly entry: T }[] {
    return [...this.#entries]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, described]) => described);
  }
}

/** A number that goes up; as gauge also down. Labels in alphabetical order. */
export class Count implements Metric {
  readonly #series = new Series<{ value: number }>();

  constructor(
    readonly type: 'counter' | 'gauge',
    readonly name: string,
    readonly help: string,
    readonly labels: Labels = [],
  ) {}

  add(values: Labels = [], amount = 1): void {
    this.of(values)(amount);
  }

  /** Adds for these labels, for who does so often. */
  of(values: Labels): (amount: number) => void {
    const entry = this.#series.get(values, () => ({ value: 0 }));
    return (amount) => {
      entry.value += amount;
    };
  }

  /** These labels are no longer counted. */
  forget(values: Labels): void {
    this.#series.delete(values);
  }

  samples(): Iterable<string> {
    return this.#series
      .sorted()
      .map(({ values, entry }) => sample(this.name, this.labels, values, entry.value));
  }
}

/** A number that is looked up when somebody wants to know. */
export class Reading implements Metric {
  readonly type = 'gauge';
  readonly #read: () => Readings | Promise<Readings>;

  constructor(
    readonly name: string,
    readonly help: string,
    readonly labels: Labels,
    read: () => Readings | Promise<Readings>,
  ) {
    this.#read = read;
  }

  async samples(): Promise<Iterable<string>> {
    const readings = await this.#read();
    return readings.map(([values, value]) => sample(this.name, this.labels, values, value));
  }
}

export type Readings = readonly (readonly [values: Labels, value: number])[];

interface Distribution {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How values are distributed over buckets. */
export class Histogram implements Metric {
  readonly type = 'histogram';
  readonly #series = new Series<Distribution>();

  /** @param buckets upper ends, rising */
  constructor(
    readonly name: string,
    readonly help: string,
    readonly labels: Labels,
    readonly buckets: readonly number[],
  ) {}

  observe(values: Labels, value: number): void {
    this.of(values)(value);
  }

  /** Observes for these labels, for who does so often. */
  of(values: Labels): (value: number) => void {
    const distribution = this.#series.get(values, () => ({
      counts: this.buckets.map(() => 0),
      sum: 0,
      count: 0,
    }));
    return (value) => {
      distribution.sum += value;
      distribution.count++;
      const bucket = this.buckets.findIndex((end) => value <= end);
      if (bucket !== -1) distribution.counts[bucket] = (distribution.counts[bucket] ?? 0) + 1;
    };
  }

  /** Nothing is told of these labels any more. */
  forget(values: Labels): void {
    this.#series.delete(values);
  }

  samples(): Iterable<string> {
    return this.#series.sorted().flatMap(({ values, entry }) => {
      let total = 0;
      const labels = [...this.labels, 'le'];
      const bucket = (end: number, count: number): string =>
        sample(`${this.name}_bucket`, labels, [...values, formatNumber(end)], count);
      return [
        ...this.buckets.map((end, index) => bucket(end, (total += entry.counts[index] ?? 0))),
        bucket(Number.POSITIVE_INFINITY, entry.count),
        sample(`${this.name}_sum`, this.labels, values, entry.sum),
        sample(`${this.name}_count`, this.labels, values, entry.count),
      ];
    });
  }
}

/** One sample of a metric that was measured elsewhere. */
export interface Measured {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** UNIX milliseconds; that of the scrape when absent */
  readonly time?: number;
}

/** A metric whose samples are all at hand. */
export function measuredMetric(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  samples: readonly Measured[],
): Metric {
  return {
    type,
    name,
    help,
    samples: () =>
      samples.map(({ labels, value, time }) => {
        const names = Object.keys(labels);
        const line = sample(name, names, Object.values(labels), value);
        return time === undefined ? line : `${line} ${time}`;
      }),
  };
}

/** All of them as text, by name; those without a sample are left out. */
export async function printMetrics(metrics: readonly Metric[]): Promise<string> {
  const printed = await Promise.all(
    metrics
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(async (metric) => {
        const lines = [...(await metric.samples())];
        if (lines.length === 0) return '';
        const { name, help, type } = metric;
        return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
      }),
  );
  return printed.join('');
}
