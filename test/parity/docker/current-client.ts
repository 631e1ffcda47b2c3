import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Docker's current command line client, on this computer, talking to an engine over TCP. */
export class CurrentClient {
  /** an empty directory to work in */
  readonly directory = mkdtempSync(path.join(tmpdir(), 'drydock-client-'));
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param program built by `ensureDockerClient` of scripts/bootstrap.mjs */
  constructor(program: string, port: number) {
    this.#program = program;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: this.directory,
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      // The client's other builder is a plugin of its own.
      DOCKER_BUILDKIT: '0',
    };
  }

  /** Runs `docker` to its end, whatever its exit status. */
  run(args: readonly string[], input = ''): Promise<ClientResult> {
    const child = spawn(this.#program, args, { cwd: this.directory, env: this.#env });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (texts.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (texts.stderr += data.toString()));
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...texts }));
    });
  }

  /** Standard output of a command that must succeed, trimmed. */
  async docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  }
}
