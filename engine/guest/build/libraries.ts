import path from 'node:path';
import type { FileTree } from './file-tree.ts';
import { BuildError } from './run.ts';

const elfMagic = 0x464c457f;
const dynamicSegment = 2;
const loadSegment = 1;
const neededTag = 1;
const stringTableTag = 5;
const programHeaderSize = 32;

/**
 * Names of the shared libraries that a 32-bit ELF file asks for (DT_NEEDED); empty for anything else.
 * Layout: System V ABI, Intel386 supplement.
 */
function neededLibraries(content: Buffer): string[] {
  if (content.length < 52 || content.readUInt32LE(0) !== elfMagic || content.readUInt8(4) !== 1)
    return [];
  const headers = Array.from({ length: content.readUInt16LE(44) }, (_, index) => {
    const at = content.readUInt32LE(28) + index * programHeaderSize;
    const [type, offset, address, size] = [0, 4, 8, 16].map((field) =>
      content.readUInt32LE(at + field),
    );
    return { type, offset: offset ?? 0, address: address ?? 0, size: size ?? 0 };
  });
  const dynamic = headers.find((header) => header.type === dynamicSegment);
  if (!dynamic) return [];
  const names: number[] = [];
  let strings = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 8) {
    const tag = content.readUInt32LE(at);
    const value = content.readUInt32LE(at + 4);
    if (tag === neededTag) names.push(value);
    if (tag === stringTableTag) strings = value;
  }
  const holder = headers.find(
    (header) =>
      header.type === loadSegment &&
      strings >= header.address &&
      strings < header.address + header.size,
  );
  const table = strings - (holder?.address ?? 0) + (holder?.offset ?? 0);
  return names.map((name) =>
    content.toString('latin1', table + name, content.indexOf(0, table + name)),
  );
}

/** Fails when a program or library asks for a library that neither its own tree nor the others hold. */
export function checkLibraries(tree: FileTree, others: readonly FileTree[] = []): void {
  const present = new Set(
    [tree, ...others].flatMap((each) =>
      [...each.walk()].map(([file]) => path.posix.basename(file)),
    ),
  );
  const missing = [...tree.walk()].flatMap(([file, node]) =>
    node.kind === 'file'
      ? neededLibraries(node.content)
          .filter((library) => !present.has(library))
          .map((library) => `${file} needs ${library}`)
      : [],
  );
  if (missing.length > 0)
    throw new BuildError(
      `add packages to rootfs/packages.json, or leave these files out:\n${missing.join('\n')}`,
    );
}
