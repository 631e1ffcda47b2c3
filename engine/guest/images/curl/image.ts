import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSource, sourceEntry, type SourceRecipe } from '../from-source.ts';
import type { ImagePackages } from '../image-packages.ts';
import { addUser } from '../layer-stack.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

/** Debian's curl with HTTP, FTP and TLS alone: Debian's own binary needs 25 packages more. */
export const curlSource: SourceRecipe = {
  source: {
    name: 'curl',
    version: '7.88.1-10+deb12u15',
    files: {
      'curl_7.88.1.orig.tar.gz': 'cdb38b72e36bc5d33d5b8810f8018ece1baa29a8f215b4495e495ded82bbf3c7',
      'curl_7.88.1-10+deb12u15.debian.tar.xz':
        '961b78bc48492c5693e4decb352ddd176f343260a8956f48b2887874048ef23b',
    },
    buildPart: 'images-build',
  },
  licence: 'curl, ISC',
  options:
    `--host=i686-linux-gnu --prefix=/usr --disable-shared --enable-static --with-openssl --with-zlib --disable-manual
    --without-brotli --without-zstd --without-libpsl --without-libidn2 --without-nghttp2 --without-librtmp
    --without-libssh2 --without-gssapi --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-gopher
    --disable-imap --disable-pop3 --disable-smtp --disable-telnet --disable-tftp --disable-smb --disable-mqtt
    --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt`.split(/\s+/),
  build({ run, make, install }) {
    run('./configure', ...this.options);
    make('-C', 'lib');
    make('-C', 'src');
    install('src/curl', 'usr/bin/curl');
  },
};

const USER = 100;

/** `curlimages/curl`: the client, to ask a service from inside a network. */
export async function curl(
  packages: ImagePackages,
  { debianWithTls }: BaseImages,
  cache: string,
): Promise<ImageRecipe> {
  const program = await fromSource(curlSource, cache);
  const entrypoint = await readFile(join(import.meta.dirname, 'files/entrypoint.sh'), 'utf8');
  const image = await debianWithTls.layer('ADD curl.tar / # built from Debian’s source', (tree) => {
    addUser(tree, 'curl_user', USER, '/home/curl_user');
    tree
      .addTree(program)
      .directory('home/curl_user', { uid: USER, gid: USER })
      .file('entrypoint.sh', entrypoint, { mode: 0o755 });
  });
  const { full } = releaseOf(curlSource.source.version);
  return {
    repository: 'curlimages/curl',
    tags: ['latest', full],
    description: 'Command line client for HTTP and FTP',
    differences: [
      'On a slim Debian instead of Alpine, built from Debian’s source; HTTP/1.1, FTP and TLS only.',
      'Without certificates of public authorities: there is nobody outside to ask.',
    ],
    ...image
      .note('USER curl_user', 'ENTRYPOINT ["/entrypoint.sh"]', 'CMD ["curl"]')
      .contents(packages, [sourceEntry(curlSource)]),
    config: {
      User: 'curl_user',
      Env: [defaultPath],
      Entrypoint: ['/entrypoint.sh'],
      Cmd: ['curl'],
    },
  };
}
