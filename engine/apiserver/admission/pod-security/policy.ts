import { FieldError } from '../../../objects/validation/field-error.ts';

/** From what allows everything to what allows least. */
const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** A level as one minor version of Kubernetes knew it; Infinity is the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

/** What a namespace asks of its Pods: what is refused, what is noted, what is warned of. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const LATEST = Infinity;
const NOTHING: LevelVersion = { level: 'privileged', minor: LATEST };

export function printLevelVersion({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`;
}

export function equalLevels(one: LevelVersion, other: LevelVersion): boolean {
  return one.level === other.level && one.minor === other.minor;
}

/** More than 0 when the first is stricter. */
export function compareLevels(one: Level, other: Level): number {
  return LEVELS.indexOf(one) - LEVELS.indexOf(other);
}

function parseLevel(text: string): Level | undefined {
  return LEVELS.find((level) => level === text);
}

function parseMinor(text: string): number | undefined {
  if (text === 'latest') return LATEST;
  const digits = /^v1\.(\d|[1-9]\d*)$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The policy in the labels of a namespace. What cannot be read is an error and counts as `restricted` where it
 * enforces and as `privileged` elsewhere (pod-security-admission `api.PolicyToEvaluate`).
 */
export function policyOf(labels: Readonly<Record<string, string>> = {}): {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
} {
  const errors: FieldError[] = [];
  const read = <T>(
    label: string,
    parse: (text: string) => T | undefined,
    wanted: string,
    missing: T,
    wrong: T,
  ): T => {
    const name = `pod-security.kubernetes.io/${label}`;
    const text = labels[name];
    if (text === undefined) return missing;
    const value = parse(text);
    if (value === undefined)
      errors.push(new FieldError('FieldValueInvalid', `metadata.labels[${name}]`, text, wanted));
    return value ?? wrong;
  };
  const readMode = (mode: string, wrong: Level): LevelVersion => ({
    level: read(mode, parseLevel, `must be one of ${LEVELS.join(', ')}`, NOTHING.level, wrong),
    minor: read(`${mode}-version`, parseMinor, 'must be "latest" or "v1.x"', LATEST, LATEST),
  });
  const enforce = readMode('enforce', 'restricted');
  const understood = errors.every(({ field }) => !field.endsWith('/enforce]'));
  const audit = readMode('audit', 'privileged');
  const warn = readMode('warn', 'privileged');
  // Who enforces without a word about warnings is warned of the same.
  const implied = labels['pod-security.kubernetes.io/warn'] === undefined && understood;
  const versioned = labels['pod-security.kubernetes.io/warn-version'] !== undefined;
  const warned =
    implied && compareLevels(enforce.level, warn.level) > 0
      ? { level: enforce.level, minor: versioned ? warn.minor : enforce.minor }
      : warn;
  return { policy: { enforce, audit, warn: warned }, errors };
}
