/** A read-only file tree served to a machine over 9p: the merged layers of one image. */

/** Where the bytes of a layer are. `file` only in Node. */
export type BlobSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: Blob }
  | { readonly kind: 'file'; readonly path: string };

export interface TreeNode {
  readonly name: string;
  /** `st_mode` with type bits */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** UNIX time in seconds */
  readonly mtime: number;
  readonly size: number;
  /** the same number on hard links to one file, unique in the tree */
  readonly inode: number;
  readonly linkCount: number;
  /** symbolic link target */
  readonly target?: string;
  /** device number of character and block devices */
  readonly device?: { readonly major: number; readonly minor: number };
  /** contents of a regular file: index into `PublishedTree.sources` and byte offset there */
  readonly source?: number;
  readonly offset?: number;
  readonly children?: readonly TreeNode[];
}

export interface PublishedTree {
  readonly root: TreeNode;
  readonly sources: readonly BlobSource[];
}
