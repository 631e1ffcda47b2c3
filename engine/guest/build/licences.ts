import { unpackPackage } from './debian.ts';
import { FileTree } from './file-tree.ts';

/** Words that name a licence in copyright files without machine-readable fields. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/GNU (Library|Lesser) General Public License|\bLGPL\b/i, 'LGPL'],
  [/GNU General Public License|\bGPL\b/i, 'GPL'],
  [/Redistribution and use in source and binary forms/i, 'BSD'],
  [/Permission is hereby granted, free of charge/i, 'MIT'],
  [/Apache License/i, 'Apache-2.0'],
  [/Mozilla Public License/i, 'MPL'],
  [/public domain/i, 'public-domain'],
];

/** Licences that a Debian package's copyright file names, sorted; `see copyright file` when it names none we know. */
export async function licencesOf(packageFile: string, name: string): Promise<string[]> {
  const tree = new FileTree();
  await unpackPackage(packageFile, tree);
  let node = tree.get(`usr/share/doc/${name}/copyright`);
  if (!node) {
    const folder = tree.get(`usr/share/doc/${name}`);
    const other = folder?.kind === 'symlink' ? folder.target : undefined;
    node = other === undefined ? undefined : tree.get(`usr/share/doc/${other}/copyright`);
    if (!node) return [other === undefined ? 'see copyright file' : `as ${other}`];
  }
  return licencesIn(node.kind === 'file' ? node.content.toString() : '');
}

export function licencesIn(copyright: string): string[] {
  const named = [...copyright.matchAll(/^Licen[sc]e: *(\S.*)$/gm)].map((match) =>
    (match[1] ?? '').trim(),
  );
  const found =
    named.length > 0
      ? named
      : phrases.filter(([pattern]) => pattern.test(copyright)).map(([, licence]) => licence);
  return found.length > 0 ? [...new Set(found)].toSorted() : ['see copyright file'];
}
