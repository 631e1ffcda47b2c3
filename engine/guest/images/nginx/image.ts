import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePackages } from '../image-packages.ts';
import { addUser } from '../layer-stack.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

const serverPackages = ['nginx', 'nginx-common'];

/** Of nginx-common only these: the rest configures Debian's way of several sites. */
const configuration =
  /^etc\/nginx\/(mime\.types|fastcgi_params|fastcgi\.conf|scgi_params|uwsgi_params)$/;

/** `nginx`: Debian's nginx on a slim Debian, arranged as the image of Docker Hub is. */
export async function nginx(
  packages: ImagePackages,
  { debianWithTls }: BaseImages,
): Promise<ImageRecipe> {
  const { full, minor, major } = releaseOf(packages.get('nginx').version);
  const files = {
    'etc/nginx/nginx.conf': await own('nginx.conf'),
    'etc/nginx/conf.d/default.conf': await own('default.conf'),
    'usr/share/nginx/html/index.html': await own('html/index.html'),
    'usr/share/nginx/html/50x.html': await own('html/50x.html'),
  };
  const server = await debianWithTls.note(`ENV NGINX_VERSION=${full}`).install(
    packages,
    serverPackages,
    (tree) => {
      addUser(tree, 'nginx', 101, '/nonexistent');
      for (const [path, content] of Object.entries(files)) tree.file(path, content);
      tree
        .symlink('var/log/nginx/access.log', '/dev/stdout')
        .symlink('var/log/nginx/error.log', '/dev/stderr')
        .directory('var/lib/nginx')
        .directory('var/cache/nginx', { uid: 101, gid: 101 });
    },
    (path, name) =>
      name !== 'nginx-common' || configuration.test(path) || path.endsWith('/copyright'),
  );
  const entrypoint = await own('docker-entrypoint.sh');
  const image = await server.layer('COPY docker-entrypoint.sh /', (tree) =>
    tree.file('docker-entrypoint.sh', entrypoint, { mode: 0o755 }).directory('docker-entrypoint.d'),
  );
  return {
    repository: 'library/nginx',
    tags: ['latest', 'stable', 'bookworm', full, minor, major],
    description: 'Web server, reverse proxy and load balancer',
    differences: [
      'Debian’s nginx instead of the one that nginx.org builds.',
      'Without the modules for geography, images, XSLT and njs.',
      'The entry point starts what is in /docker-entrypoint.d, and fills no templates.',
    ],
    ...image
      .note(
        'ENTRYPOINT ["/docker-entrypoint.sh"]',
        'EXPOSE 80',
        'STOPSIGNAL SIGQUIT',
        'CMD ["nginx" "-g" "daemon off;"]',
      )
      .contents(packages),
    config: {
      ExposedPorts: { '80/tcp': {} },
      Env: [defaultPath, `NGINX_VERSION=${full}`],
      Entrypoint: ['/docker-entrypoint.sh'],
      Cmd: ['nginx', '-g', 'daemon off;'],
      Labels: { maintainer: 'Drydock' },
      StopSignal: 'SIGQUIT',
    },
  };
}

function own(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'files', name), 'utf8');
}
