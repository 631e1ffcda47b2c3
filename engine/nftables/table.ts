import type { Clock } from '../base/clock.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import type { Chain, Ruleset } from './ruleset.ts';
import {
  changingScript,
  deletingScript,
  replacingScript,
  staleChains,
  type TableName,
} from './script.ts';

/** `nft` refused a transaction; nothing of it happened. The message is its own. */
class NftError extends Error {
  readonly code = 'NFT';
  override readonly name = 'NftError';
}

/** How long a chain is left alone after the last way to it is gone, in milliseconds; see `changingScript`. */
const STALE_MS = 1000;

/**
 * A table in a machine's kernel that is kept as it is wanted, by the smallest transaction each time. At
 * first, and after a failure, nobody knows what the kernel has, and the table is replaced as a whole.
 */
export class NftTable {
  readonly #agent: AgentClient;
  readonly #clock: Clock;
  readonly #table: TableName;
  /** what the kernel has, stale chains included */
  #applied: Ruleset | undefined;
  readonly #stale = new Map<string, number>();

  constructor(agent: AgentClient, clock: Clock, table: TableName) {
    this.#agent = agent;
    this.#clock = clock;
    this.#table = table;
  }

  /** One call at a time. Returns whether there was anything to do. */
  async apply(wanted: Ruleset): Promise<boolean> {
    const applied = this.#applied;
    this.#applied = undefined;
    if (applied === undefined) {
      await this.#run(replacingScript(this.#table, wanted));
      this.#stale.clear();
      this.#applied = wanted;
      return true;
    }
    const old = this.#old(wanted);
    const script = changingScript(this.#table, applied, wanted) + deletingScript(this.#table, old);
    if (script !== '') await this.#run(script);
    for (const name of old) this.#stale.delete(name);
    for (const name of wanted.chains.keys()) this.#stale.delete(name);
    const chains = new Map(wanted.chains);
    for (const name of staleChains(applied, wanted)) {
      if (old.includes(name)) continue;
      if (!this.#stale.has(name)) this.#stale.set(name, this.#clock.monotonic());
      chains.set(name, empty);
    }
    this.#applied = { chains, collections: wanted.collections };
    return script !== '';
  }

  /** Deletes the table with everything in it. */
  async remove(): Promise<void> {
    this.#applied = undefined;
    this.#stale.clear();
    const { family, name } = this.#table;
    await this.#run(`add table ${family} ${name}\ndelete table ${family} ${name}\n`);
  }

  #old(wanted: Ruleset): string[] {
    const now = this.#clock.monotonic();
    return [...this.#stale].flatMap(([name, since]) =>
      !wanted.chains.has(name) && now - since >= STALE_MS ? [name] : [],
    );
  }

  async #run(script: string): Promise<void> {
    const { exit, stderr } = await this.#agent.call('run', {
      argv: ['nft', '-f', '-'],
      stdin: script,
    });
    if (exit.code !== 0) throw new NftError(stderr.trim());
  }
}

const empty: Chain = { rules: [] };
