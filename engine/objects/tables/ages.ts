import { unknown } from './table.ts';

/**
 * A duration in milliseconds as people say it: `119s`, `2m`, `7h59m`, `47h`, `7d23h`, `729d`. A clock may
 * be almost two seconds behind; more is `<invalid>`.
 */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

function two(larger: number, unit: string, smaller: number, smallerUnit: string): string {
  return smaller === 0 ? `${larger}${unit}` : `${larger}${unit}${smaller}${smallerUnit}`;
}

/** How long ago an RFC 3339 time was. */
export function age(timestamp: string | null | undefined, now: number): string {
  return timestamp ? humanDuration(now - Date.parse(timestamp)) : unknown;
}
