import { packTar, type TarEntry } from 'modern-tar';
import type { NodeAgent } from './contracts.ts';

export interface NodeFileOwner {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Directories, files and links that are to be on the node, which are written in one round trip however many there
 * are: as a tar. Parents that are not named are made with mode 0755. What is there already under a file's or a
 * link's name is replaced; a directory that is there gets the mode and owner.
 */
export class NodeTree {
  readonly #entries = new Map<string, TarEntry>();
  /** of everything */
  readonly #mtime: Date;

  /** @param now UNIX time in milliseconds */
  constructor(now: number) {
    this.#mtime = new Date(now);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  directory(path: string, mode: number, owner: NodeFileOwner = {}): void {
    this.#add(path, { type: 'directory', size: 0, mode }, owner);
  }

  file(
    path: string,
    content: string | Uint8Array<ArrayBuffer>,
    mode: number,
    owner: NodeFileOwner = {},
  ): void {
    const body = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    this.#add(path, { type: 'file', size: body.length, mode }, owner, body);
  }

  link(path: string, target: string, owner: NodeFileOwner = {}): void {
    this.#add(path, { type: 'symlink', size: 0, mode: 0o777, linkname: target }, owner);
  }

  /** @param root a directory of the node that paths are in, and that no link leads out of */
  async write(agent: NodeAgent, root?: string): Promise<void> {
    if (this.isEmpty) return;
    const tar = await packTar([...this.#entries.values()]);
    const request = { path: '/', keepOwner: true, ...(root === undefined ? {} : { root }) };
    await agent.writeTar(request, tar);
  }

  #add(
    path: string,
    header: Pick<TarEntry['header'], 'type' | 'size' | 'mode' | 'linkname'>,
    { uid = 0, gid = 0 }: NodeFileOwner,
    body?: Uint8Array<ArrayBuffer>,
  ): void {
    const name = path.replace(/^\//, '');
    this.#entries.set(path, {
      header: { ...header, name, uid, gid, mtime: this.#mtime },
      ...(body === undefined ? {} : { body }),
    });
  }
}
