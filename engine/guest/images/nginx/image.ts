import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileTree } from '../file-tree.ts';
import type { ImagePackages } from '../image-packages.ts';
import { addLibraryCache } from '../library-cache.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import { isNeeded, slimPackages } from '../slim-debian.ts';

const serverPackages = ['libcrypt1', 'libssl3', 'nginx', 'nginx-common', 'zlib1g'];
const nginxPackages = [...slimPackages, ...serverPackages];

/** Of nginx-common only these: the rest configures Debian's way of several sites. */
const configuration =
  /^etc\/nginx\/(mime\.types|fastcgi_params|fastcgi\.conf|scgi_params|uwsgi_params)$/;

/** `nginx`: Debian's nginx on a slim Debian, arranged as the image of Docker Hub is. */
export async function nginx(packages: ImagePackages, base: FileTree): Promise<ImageRecipe> {
  const root = new FileTree();
  for (const path of base.paths()) {
    const file = base.get(path);
    if (file) root.set(path, file);
  }
  for (const name of serverPackages) {
    await root.addTar(
      packages.files(name),
      (path) =>
        isNeeded(path) &&
        (name !== 'nginx-common' || configuration.test(path) || path.endsWith('/copyright')),
    );
  }
  append(root, 'etc/passwd', 'nginx:x:101:101:nginx user:/nonexistent:/bin/false\n');
  append(root, 'etc/group', 'nginx:x:101:\n');
  append(root, 'etc/shadow', 'nginx:!:::::::\n');
  root
    .file('etc/nginx/nginx.conf', await own('nginx.conf'))
    .file('etc/nginx/conf.d/default.conf', await own('default.conf'))
    .file('usr/share/nginx/html/index.html', await own('html/index.html'))
    .file('usr/share/nginx/html/50x.html', await own('html/50x.html'))
    .symlink('var/log/nginx/access.log', '/dev/stdout')
    .symlink('var/log/nginx/error.log', '/dev/stderr')
    .directory('var/lib/nginx')
    .directory('var/cache/nginx', { uid: 101, gid: 101 });
  const server = (await addLibraryCache(root)).above(base);

  const entrypoint = new FileTree()
    .file('docker-entrypoint.sh', await own('docker-entrypoint.sh'), { mode: 0o755 })
    .directory('docker-entrypoint.d');

  const release = /^(\d+)\.(\d+)\.(\d+)/.exec(packages.get('nginx').version);
  if (!release) throw new Error('cannot read the release of nginx');
  const [full, major, minor] = release;
  return {
    name: 'nginx',
    tags: ['latest', 'stable', 'bookworm', full, `${major}.${minor}`, `${major}`],
    description: 'Web server, reverse proxy and load balancer',
    steps: [
      { createdBy: 'ADD debian-slim.tar /', layer: base },
      { createdBy: 'CMD ["bash"]' },
      { createdBy: `ENV NGINX_VERSION=${full}` },
      {
        createdBy: `ADD nginx.tar / # Debian: ${serverPackages.map((name) => `${name}=${packages.get(name).version}`).join(' ')}`,
        layer: server,
      },
      { createdBy: 'COPY docker-entrypoint.sh /', layer: entrypoint },
      { createdBy: 'ENTRYPOINT ["/docker-entrypoint.sh"]' },
      { createdBy: 'EXPOSE 80' },
      { createdBy: 'STOPSIGNAL SIGQUIT' },
      { createdBy: 'CMD ["nginx" "-g" "daemon off;"]' },
    ],
    config: {
      ExposedPorts: { '80/tcp': {} },
      Env: [defaultPath, `NGINX_VERSION=${full}`],
      Entrypoint: ['/docker-entrypoint.sh'],
      Cmd: ['nginx', '-g', 'daemon off;'],
      Labels: { maintainer: 'Drydock' },
      StopSignal: 'SIGQUIT',
    },
    sources: packages.sources(nginxPackages),
  };
}

function own(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'files', name), 'utf8');
}

function append(root: FileTree, path: string, line: string): void {
  const file = root.get(path);
  if (file?.kind !== 'file') throw new Error(`the base has no ${path}`);
  root.set(path, {
    ...file,
    content: new TextEncoder().encode(new TextDecoder().decode(file.content) + line),
  });
}
