import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { StrategyContext } from '../../objects/strategy/index.ts';
import { formatTime } from '../../objects/time.ts';
import type { UserInfo } from '../auth/user-info.ts';
import type { ApiObject } from './api-object.ts';

/** What every write needs from its surroundings. */
export interface WriteContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly user: UserInfo;
  /** compute and check everything, write nothing */
  readonly dryRun: boolean;
  /** the last word on what will be stored: validating admission. `old` is undefined for a creation. */
  readonly validate: (object: ApiObject, old: ApiObject | undefined) => Promise<void>;
  /** tells the client something by a Warning header */
  readonly warn: (text: string) => void;
}

/** What the registry of a kind is told about a write. */
export function strategyContext({ clock, user }: WriteContext): StrategyContext {
  return { now: formatTime(clock.now()), user };
}
