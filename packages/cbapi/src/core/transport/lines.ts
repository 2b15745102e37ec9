import type { Socket } from "node:net";
import { Agent, type buildConnector, Client, type Dispatcher, Pool } from "undici";

/** A client's one connection. */
export class Line {
  socket: Socket | undefined;
}

/** What an exchange adds to its dispatch when it wants to know the connection that carries it. */
export interface LineUser {
  line: Line | undefined;
}

export interface LineOptions extends Dispatcher.DispatchOptions {
  readonly user?: LineUser | undefined;
}

/** undici tells nobody which connection an answer comes by, but it makes one client per connection. */
class LineClient extends Client {
  readonly #line: Line;

  constructor(origin: URL, options: Client.Options, connector: buildConnector.connector) {
    const line = new Line();
    const connect: buildConnector.connector = (target, callback) =>
      connector(target, (...outcome) => {
        if (outcome[0] === null) line.socket = outcome[1];
        callback(...outcome);
      });
    super(origin, { ...options, connect });
    this.#line = line;
  }

  override dispatch(options: LineOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (options.user !== undefined) options.user.line = this.#line;
    return super.dispatch(options, handler);
  }
}

/** A pool per server, of at most so many connections. */
export function lineAgent(connector: buildConnector.connector, connections?: number): Agent {
  const client = (origin: URL, options: object) => new LineClient(origin, options, connector);
  return new Agent({
    connect: connector,
    allowH2: false,
    ...(connections === undefined ? {} : { connections }),
    factory: (origin, options) => new Pool(origin, { ...options, factory: client }),
  });
}
