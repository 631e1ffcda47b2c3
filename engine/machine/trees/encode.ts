import type { TreeNode } from '../../api/image-tree.ts';
import { MessageWriter, QID_BYTES, type Qid } from './protocol.ts';
import { DIRECTORY } from './served-node.ts';

/** The directory above all trees. */
export const ROOT_NODE: TreeNode = {
  name: '',
  mode: DIRECTORY | 0o555,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  inode: 1,
  linkCount: 2,
};

/** mode, nlink, uid, gid, rdev, atime, mtime, ctime, ino, size, blocks (P9_STATS_BASIC) */
const BASIC_ATTRIBUTES = 0x7ff;
/** `V9FS_MAGIC` of the kernel */
const FILE_SYSTEM_TYPE = 0x01021997;
const BLOCK_SIZE = 4096;

/** Rgetattr. All times are the modification time. */
export function attributesOf(node: TreeNode, qid: Qid): MessageWriter {
  const writer = new MessageWriter()
    .u64(BASIC_ATTRIBUTES)
    .qid(qid)
    .u32(node.mode)
    .u32(node.uid)
    .u32(node.gid)
    .u64(node.linkCount)
    .u64(node.device === undefined ? 0 : deviceNumber(node.device))
    .u64(node.size)
    .u64(BLOCK_SIZE)
    .u64(Math.ceil(node.size / 512));
  const mtime = Math.max(0, Math.floor(node.mtime));
  for (let time = 0; time < 3; time++) writer.u64(mtime).u64(0);
  // birth time, generation and data version are not in the mask
  return writer.u64(0).u64(0).u64(0).u64(0);
}

/** `new_encode_dev` of the kernel: 12 bits of major between 8 low and 12 high bits of minor. */
function deviceNumber({
  major,
  minor,
}: {
  readonly major: number;
  readonly minor: number;
}): number {
  return (minor & 0xff) + major * 2 ** 8 + Math.floor(minor / 256) * 2 ** 20;
}

/** Rstatfs of a full, read-only file system. */
export function fileSystemAttributes(): MessageWriter {
  return new MessageWriter()
    .u32(FILE_SYSTEM_TYPE)
    .u32(BLOCK_SIZE)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(0)
    .u32(255);
}

const encoder = new TextEncoder();

/** Bytes of one entry in Rreaddir: qid, offset (8), type (1), name. */
export function entryBytes(name: string): number {
  return QID_BYTES + 8 + 1 + 2 + encoder.encode(name).length;
}
