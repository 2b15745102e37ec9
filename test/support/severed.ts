// A way to a server that can be cut at any moment, as networks do.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A port that leads to another one. */
export class SeverableLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (!this.#isOpen) return void near.destroy();
      const far = connect({ host, port });
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  static async to(host: string, port: number): Promise<SeverableLine> {
    const line = new SeverableLine(host, port);
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections, without a word to either side. New ones are made at once, or refused until `mend()`. */
  cut({ stayCut = false } = {}): void {
    this.#isOpen = !stayCut;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut({ stayCut: true });
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
