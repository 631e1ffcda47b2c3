import type { SourceEntry } from '../../api/image-index.ts';
import { FileTree } from './file-tree.ts';
import type { ImagePackages } from './image-packages.ts';
import { addLibraryCache } from './library-cache.ts';
import { isNeeded } from './needed-files.ts';
import type { BuildStep, ImageRecipe } from './oci-image.ts';

/** An image while it is put together: its files, and the steps that led to them. Every change gives a new one. */
export class LayerStack {
  readonly tree: FileTree;
  readonly steps: readonly BuildStep[];
  /** Debian packages whose files are in it */
  readonly packages: readonly string[];

  private constructor(tree: FileTree, steps: readonly BuildStep[], packages: readonly string[]) {
    this.tree = tree;
    this.steps = steps;
    this.packages = packages;
  }

  /** One with no files at all. */
  static readonly empty = new LayerStack(new FileTree(), [], []);

  /** With one more layer: what `change` adds to the files. */
  async layer(
    createdBy: string,
    change: (tree: FileTree) => Promise<unknown> | unknown,
    packages: readonly string[] = [],
  ): Promise<LayerStack> {
    const tree = this.tree.copy();
    await change(tree);
    const step = { createdBy, layer: tree.above(this.tree) };
    return new LayerStack(tree, [...this.steps, step], [...this.packages, ...packages]);
  }

  /** With lines of history that change no files. */
  note(...createdBy: readonly string[]): LayerStack {
    const steps = createdBy.map((text) => ({ createdBy: text }));
    return new LayerStack(this.tree, [...this.steps, ...steps], this.packages);
  }

  /** What the writer needs to know, with where all of it comes from. */
  contents(
    packages: ImagePackages,
    more: readonly SourceEntry[] = [],
  ): Pick<ImageRecipe, 'steps' | 'sources'> {
    return { steps: this.steps, sources: [...packages.sources(this.packages), ...more] };
  }

  /** With one more layer that holds Debian packages, without manuals and the like, and a fresh library cache. */
  install(
    packages: ImagePackages,
    names: readonly string[],
    change: (tree: FileTree) => Promise<unknown> | unknown = () => {},
    keep: (path: string, name: string) => boolean = () => true,
  ): Promise<LayerStack> {
    const versions = names.map((name) => `${name}=${packages.get(name).version}`).join(' ');
    const add = async (tree: FileTree): Promise<void> => {
      for (const name of names)
        await tree.addTar(packages.files(name), (path) => isNeeded(path) && keep(path, name));
      await change(tree);
      await addLibraryCache(tree);
    };
    return this.layer(`ADD debian.tar / # ${versions}`, add, names);
  }
}

/** Adds accounts and groups of the same name and number. */
export function addUser(tree: FileTree, name: string, id: number, home: string): void {
  append(tree, 'etc/passwd', `${name}:x:${id}:${id}:${name} user:${home}:/bin/false\n`);
  append(tree, 'etc/group', `${name}:x:${id}:\n`);
  append(tree, 'etc/shadow', `${name}:!:::::::\n`);
}

function append(tree: FileTree, path: string, line: string): void {
  const file = tree.get(path);
  if (file?.kind !== 'file') throw new Error(`the base has no ${path}`);
  const text = new TextDecoder().decode(file.content) + line;
  tree.set(path, { ...file, content: new TextEncoder().encode(text) });
}
