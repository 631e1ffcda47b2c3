import type { ByteStream } from '../../api/byte-stream.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';

/** An address of the machine's own, so that containers may publish any port. */
const ADDRESS = '127.0.0.2';
/** Where /etc/docker/daemon.json says that Docker Hub's mirror is: images without the emulated processor decrypting them. */
const MIRROR = `${ADDRESS}:18080`;
/** Port 443 leads there; to listen on it would keep containers from publishing it. */
const SECURE_PORT = 18443;
const MIRRORED_NAME = 'registry-1.docker.io';
const NAMES = [MIRRORED_NAME, 'index.docker.io', 'auth.docker.io', 'docker.io', 'hub.docker.com'];
const FOLDER = '/var/lib/drydock/hub';

/**
 * Gives the machine Docker Hub's names, and a certificate for them that its programs trust. Made in
 * the machine, once: no key is shared, and dockerd reads what it trusts only once.
 */
const SETUP = `set -e
mkdir -p ${FOLDER}
cd ${FOLDER}
if [ ! -s certificate.pem ]; then
  openssl req -x509 -newkey ed25519 -nodes -days 3650 -subj '/CN=Docker Hub in Drydock' \\
    -addext 'subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(',')}' -keyout key.pem -out new.pem 2>/dev/null
  cp new.pem /etc/ssl/certs/drydock-hub.pem
  mv new.pem certificate.pem
fi
grep -q ${MIRRORED_NAME} /etc/hosts || echo '${ADDRESS} ${NAMES.join(' ')}' >>/etc/hosts
nft list table ip drydock_hub >/dev/null 2>&1 || nft -f - <<END
table ip drydock_hub {
  chain output {
    type nat hook output priority -110;
    ip daddr ${ADDRESS} tcp dport 443 dnat to ${ADDRESS}:${SECURE_PORT}
  }
}
END`;

/**
 * Makes the host's registry reachable inside the machine under Docker Hub's names, over TLS, and as
 * its mirror over plain HTTP. Each connection is joined to one of `connect`.
 */
export async function listenAsHub(
  agent: AgentClient,
  connect: () => Promise<ByteStream>,
): Promise<void> {
  const { exit, stderr } = await agent.call('run', { argv: ['sh', '-c', SETUP], login: true });
  if (exit.code !== 0)
    throw new Error(`The machine cannot be told where Docker Hub is: ${stderr.trim()}`);
  const tls = {
    certificate: await agent.readTextFile(`${FOLDER}/certificate.pem`),
    key: await agent.readTextFile(`${FOLDER}/key.pem`),
  };
  const join = (_remote: string, stream: ByteStream): void => void joined(stream, connect);
  await agent.listen({ network: 'tcp', address: MIRROR }, join);
  await agent.listen({ network: 'tcp', address: `${ADDRESS}:${SECURE_PORT}`, tls }, join);
}

/** Carries bytes both ways until both sides have ended. A registry that is not there ends the connection. */
async function joined(stream: ByteStream, connect: () => Promise<ByteStream>): Promise<void> {
  try {
    const hub = await connect();
    await Promise.all([stream.readable.pipeTo(hub.writable), hub.readable.pipeTo(stream.writable)]);
  } catch (error) {
    await Promise.allSettled([stream.readable.cancel(error), stream.writable.abort(error)]);
  }
}
