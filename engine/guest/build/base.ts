import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FileTree } from './file-tree.ts';
import { guestFolder } from './folders.ts';
import { run } from './run.ts';

/** What no one misses in a machine without package manager, manual pages and foreign languages. */
const unwanted: readonly RegExp[] = [
  /^usr\/share\/(man|info|locale|lintian|bug|menu|doc-base|pixmaps|applications|icons|zsh|gdb|apport|debianutils|polkit-1|gcc|pam-configs|initramfs-tools|upstart)(\/|$)/,
  /^usr\/share\/doc\/[^/]+\/(?!copyright$)/,
  /^usr\/share\/(cmake|pkgconfig|tabset|libgcrypt20|perl5|libc-bin|base-files|dict|sounds|metainfo)(\/|$)/,
  /^usr\/share\/vim\/vim90\/(?!defaults\.vim$)/,
  /^usr\/share\/bash-completion\/completions\/(?!(docker|curl|ip|nft|make|tar|mount|umount|kill|killall|pgrep|pkill|strace|tcpdump|jq|unshare|nsenter|lsblk|findmnt|sysctl|export|ssh|openssl|watch)$)/,
  /^usr\/lib\/i386-linux-gnu\/(gconv|audit|perl|sasl2|engines-3|ossl-modules|krb5|pkcs11|e2fsprogs|tc|pkgconfig|cmake)(\/|$)/,
  /^usr\/lib\/(systemd|udev|tmpfiles\.d|sysusers\.d|cron|init|initramfs-tools|cgi-bin|mime|valgrind|locale\/(?!C\.utf8))(\/|$)/,
  /^etc\/(init\.d|default|cron\.[a-z]+|logrotate\.d|pam\.d|systemd|init|apparmor\.d|update-motd\.d|opt|dpkg|skel|kernel|ca-certificates|security)(\/|$)/,
  // Completion is loaded at first use, not at every login: see rootfs/files/etc/bash.bashrc.
  /^etc\/(profile\.d\/bash_completion\.sh|bash_completion|X11|issue|issue\.net|nftables\.conf|rmt|xattr\.conf|bindresvport\.blacklist)$/,
  /^(boot|media|srv|games|var\/lib\/(systemd|pam|dpkg|apt)|usr\/games|usr\/share\/games|usr\/local\/games)(\/|$)/,
  /\.(a|la|h)$/,
  // They need PAM, or hardware that no emulated machine has.
  /^usr\/s?bin\/(runuser|su|chfn|chsh|agetty|fsck\.(cramfs|minix)|mkfs\.(bfs|cramfs|minix)|fdformat|ctrlaltdel|zramctl|wdctl|rtcwake|isosize|raw|ldattach|hwclock|swaplabel|mkswap|swapon|swapoff|chcpu|irqtop|lsirq|addpart|delpart|resizepart|partx|blkzone|blkdiscard|uuidd|e2scrub.*|arpd|rtacct|lnstat|nstat|ifstat|rtstat|ctstat|genl|tipc|devlink|dcb|vdpa|rdma|bash-bug|bashbug|localedef|iconv|catchsegv|tzselect|zdump|zic|iconvconfig|validlocale|c_rehash|bootctl|select-editor|sensible-.*|update-shells|add-shell|remove-shell|installkernel|crun-.*|ld\.so|getty|update-passwd|dh_bash-completion|tc|pstree\.x11|sulogin|helptags|helpztags)$/,
];

/** What Debian's maintainer scripts and `update-alternatives` would leave behind. */
const links: Readonly<Record<string, string>> = {
  bin: 'usr/bin',
  sbin: 'usr/sbin',
  lib: 'usr/lib',
  'usr/bin/awk': 'mawk',
  'usr/bin/editor': 'nano',
  'usr/bin/pager': 'less',
  'usr/bin/which': 'which.debianutils',
  'usr/bin/vi': 'vim.tiny',
  'usr/bin/vim': 'vim.tiny',
  'usr/bin/view': 'vim.tiny',
  'usr/bin/nc': 'nc.openbsd',
  'usr/sbin/init': 'drydock-init',
  'usr/sbin/poweroff': 'drydock-init',
  'usr/sbin/halt': 'drydock-init',
  'usr/sbin/reboot': 'drydock-init',
  'etc/mtab': '../proc/self/mounts',
  'var/run': '/run',
  'var/lock': '/run/lock',
};

/** Directories with modes other than 0755 carry theirs. */
const folders: Readonly<Record<string, number>> = {
  dev: 0o755,
  proc: 0o555,
  sys: 0o555,
  run: 0o755,
  tmp: 0o1777,
  mnt: 0o755,
  opt: 0o755,
  'opt/cni/bin': 0o755,
  'etc/cni/net.d': 0o755,
  root: 0o700,
  'root/work': 0o755,
  home: 0o755,
  'usr/local/bin': 0o755,
  'usr/local/sbin': 0o755,
  'usr/local/lib': 0o755,
  'var/cache': 0o755,
  'var/log': 0o755,
  'var/tmp': 0o1777,
  'var/lib/drydock': 0o755,
};

/** Programs that are built here, not taken from a package. */
export interface OwnPrograms {
  readonly init: Buffer;
  readonly crun: Buffer;
}

/** Turns unpacked Debian packages into the root file system of every machine. */
export function finishBase(tree: FileTree, programs: OwnPrograms): void {
  const passwd = text(tree, 'usr/share/base-passwd/passwd.master');
  const group = text(tree, 'usr/share/base-passwd/group.master');
  const certificates = [...tree.walk()].filter(([file]) =>
    /^usr\/share\/ca-certificates\/.*\.crt$/.test(file),
  );
  tree.write(
    'etc/ssl/certs/ca-certificates.crt',
    certificates.map(([file]) => text(tree, file)).join(''),
  );

  tree.prune((file) => unwanted.some((pattern) => pattern.test(file)));
  for (const gone of [
    'usr/share/ca-certificates',
    'usr/share/base-passwd',
    'usr/sbin/update-ca-certificates',
  ])
    tree.remove(gone);
  tree.pruneEmptyDirectories(['usr', 'var', 'etc']);

  for (const [folder, mode] of Object.entries(folders)) tree.directory(folder).mode = mode;
  for (const [link, target] of Object.entries(links)) tree.symlink(link, target);
  tree.write('usr/sbin/drydock-init', programs.init, 0o755);
  tree.write('usr/bin/crun', programs.crun, 0o755);
  tree.write(
    'etc/passwd',
    passwd.replace(/^root:.*$/m, 'root:x:0:0:root:/root:/bin/bash').replaceAll(':*:', ':x:'),
  );
  tree.write('etc/group', `${group.replaceAll(':*:', ':x:').trimEnd()}\ndocker:x:999:\n`);
  tree.write('etc/shadow', passwd.replace(/^([^:]+):.*$/gm, '$1:*:20454:0:99999:7:::'), 0o640);
  tree.write('etc/shells', '/bin/sh\n/bin/bash\n');
  tree.write('etc/machine-id', '', 0o444);
  addFolder(tree, path.join(guestFolder, 'rootfs', 'files'), '');
  tree.write('etc/ld.so.cache', linkerCache(tree));
}

function text(tree: FileTree, file: string): string {
  const node = tree.get(file);
  if (node?.kind !== 'file') throw new Error(`no file ${file} in the packages`);
  return node.content.toString();
}

function addFolder(tree: FileTree, folder: string, prefix: string): void {
  for (const name of readdirSync(folder).toSorted()) {
    const source = path.join(folder, name);
    const { mode } = statSync(source);
    if (statSync(source).isDirectory()) addFolder(tree, source, `${prefix}${name}/`);
    else tree.write(`${prefix}${name}`, readFileSync(source), mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Runs Debian's ldconfig over the libraries of the tree: programs then find each with one look-up. */
function linkerCache(tree: FileTree): Buffer {
  const root = mkdtempSync(path.join(tmpdir(), 'drydock-ldconfig-'));
  try {
    symlinkSync('usr/lib', path.join(root, 'lib'));
    for (const [file, node] of tree.walk()) {
      if (!/^(usr\/lib\/|etc\/ld\.so\.conf)/.test(file) || node.kind === 'directory') continue;
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      if (node.kind === 'symlink') symlinkSync(node.target, path.join(root, file));
      else writeFileSync(path.join(root, file), node.content);
    }
    run('ldconfig', ['-X', '-r', root]);
    return readFileSync(path.join(root, 'etc', 'ld.so.cache'));
  } finally {
    rmSync(root, { recursive: true });
  }
}
