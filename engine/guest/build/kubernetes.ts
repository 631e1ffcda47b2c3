import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildCniPlugins, cniFolder, pluginNames } from './cni-plugins.ts';
import { FileTree } from './file-tree.ts';
import { guestFolder } from './folders.ts';
import { moduleInputs } from './go-program.ts';
import { digestOfFile, digestOfFolder, type Inputs } from './inputs.ts';
import { buildKubectl, kubectlFolder } from './kubectl.ts';
import { run, versionOf } from './run.ts';

const completions = 'usr/share/bash-completion/completions';
const cniPrograms = 'opt/cni/bin';

/** What a Kubernetes node has beyond other machines: kubectl, and the network plugins that a runtime calls. */
export function kubernetesTree(cache: string): { tree: FileTree; inputs: Inputs } {
  const kubectl = buildKubectl(cache);
  const cni = buildCniPlugins(cache);
  const tree = new FileTree();
  tree.write('usr/bin/kubectl', readFileSync(kubectl), 0o755);
  // Not an alias, so that it is there in scripts and in every shell.
  tree.symlink('usr/bin/k', 'kubectl');
  tree.write(`${completions}/kubectl`, completionOf(kubectl));
  tree.write(
    `${completions}/k`,
    `. /${completions}/kubectl\ncomplete -o default -F __start_kubectl k\n`,
  );
  tree.write(`${cniPrograms}/cni-plugins`, readFileSync(cni), 0o755);
  for (const name of pluginNames) tree.symlink(`${cniPrograms}/${name}`, 'cni-plugins');
  // The agent is a network plugin when it is called by this name.
  tree.symlink(`${cniPrograms}/drydock`, '/usr/sbin/drydock-agent');
  return {
    tree,
    inputs: {
      'folder kubernetes': digestOfFolder(path.join(guestFolder, 'kubernetes')),
      ...recipes('kubernetes.ts', 'kubectl.ts', 'cni-plugins.ts', 'erofs.ts'),
      ...moduleInputs(kubectl, kubectlFolder),
      ...moduleInputs(cni, cniFolder),
      'tool go': versionOf('go', ['version']),
      'tool zstd': versionOf('zstd'),
    },
  };
}

/** kubectl's own script for bash. */
function completionOf(kubectl: string): Buffer {
  const home = mkdtempSync(path.join(tmpdir(), 'drydock-kubectl-'));
  try {
    return run(kubectl, ['completion', 'bash'], { env: { HOME: home } });
  } finally {
    rmSync(home, { recursive: true });
  }
}

function recipes(...names: readonly string[]): Inputs {
  return Object.fromEntries(
    names.map((name) => [`recipe ${name}`, digestOfFile(path.join(guestFolder, 'build', name))]),
  );
}
