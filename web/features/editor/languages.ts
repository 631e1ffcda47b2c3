/** Which language a file is in, by its name: ids of Monaco's language definitions. */
import { baseName } from '../files/paths.ts';

const byExtension: Readonly<Record<string, string>> = {
  css: 'css',
  conf: 'ini',
  cfg: 'ini',
  dockerfile: 'dockerfile',
  env: 'shell',
  go: 'go',
  htm: 'html',
  html: 'html',
  ini: 'ini',
  js: 'javascript',
  json: 'json',
  md: 'markdown',
  mjs: 'javascript',
  cjs: 'javascript',
  py: 'python',
  sh: 'shell',
  bash: 'shell',
  service: 'ini',
  svg: 'html',
  toml: 'ini',
  xml: 'html',
  yaml: 'yaml',
  yml: 'yaml',
};

const byName: Readonly<Record<string, string>> = {
  '.bashrc': 'shell',
  '.profile': 'shell',
  '.dockerignore': 'shell',
  containerfile: 'dockerfile',
  dockerfile: 'dockerfile',
};

export function languageOf(path: string): string {
  const name = baseName(path).toLowerCase();
  const known = byName[name];
  if (known) return known;
  if (name.startsWith('dockerfile.') || name.startsWith('containerfile.')) return 'dockerfile';
  return byExtension[name.slice(name.lastIndexOf('.') + 1)] ?? 'plaintext';
}
