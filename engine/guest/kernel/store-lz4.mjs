#!/usr/bin/env node
/**
 * Stands in for `lz4 -l` in the kernel build: packs standard input as an LZ4 legacy frame whose blocks
 * are one run of literals. The kernel then unpacks itself with one memory copy instead of 26 million
 * emulated instructions; how it travels is up to the host, which compresses better than lz4 does.
 * Format: lz4_Frame_format.md (legacy frame), lz4_Block_format.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const legacyMagic = 0x184c2102;
const blockSize = 8 * 1024 * 1024;
const tokenLimit = 15;

/** One sequence without a match: token, length in steps of 255, literals. */
function literalBlock(content) {
  const rest = content.length - tokenLimit;
  const head = Buffer.alloc(2 + Math.floor(rest / 255), 255);
  head[0] = tokenLimit << 4;
  head[head.length - 1] = rest % 255;
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length + content.length);
  return Buffer.concat([size, head, content]);
}

const input = readFileSync(0);
const magic = Buffer.alloc(4);
magic.writeUInt32LE(legacyMagic);
const blocks = [];
for (let at = 0; at < input.length; at += blockSize)
  blocks.push(literalBlock(input.subarray(at, at + blockSize)));
writeFileSync(1, Buffer.concat([magic, ...blocks]));
