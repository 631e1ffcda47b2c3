import { TestServer } from '../../apiserver/testing/test-server.ts';
import { runSoon } from '../../base/run-soon.ts';
import { httpServiceOf } from '../../http/index.ts';
import { exposeOnPort } from '../../rpc/rpc-client.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const connection = { remoteAddress: '127.0.0.1', clientCertificates: [], user };
/** Turns of the event loop in which messages get through ports. */
const TURNS = 20;

/** An API server behind ports that can stop to answer. */
export class FragileServer {
  readonly server: TestServer;
  isDown = false;

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async start(): Promise<FragileServer> {
    return new FragileServer(await TestServer.start());
  }

  /** A way to it, as an administrator. */
  open(): MessagePort {
    return exposeOnPort(
      httpServiceOf((request) => {
        if (this.isDown) throw new Error('The API server does not answer.');
        return this.server.server.handle(request, connection);
      }),
    );
  }

  /** Moves time on until it is so, for two minutes at most. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let second = 0; second < 120 && !(await isSo()); second++) {
      this.server.clock.advance(1000);
      for (let turn = 0; turn < TURNS; turn++)
        await new Promise<void>((resolve) => runSoon(resolve));
    }
  }
}
