import type { Socket } from "node:net";
import { Agent, type buildConnector, Client, type Dispatcher, Pool } from "undici";
import { type ConnectorOptions, createConnector } from "./connector.js";

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

/** What makes agents, all of which connect in one way: a pool per server, of at most so many connections. */
export function lineAgents(options: ConnectorOptions): (connections?: number) => Agent {
  const connector = createConnector(options);
  const client = (origin: URL, settings: object) => new LineClient(origin, settings, connector);
  return (connections) =>
    new Agent({
      connect: connector,
      allowH2: false,
      ...(connections === undefined ? {} : { connections }),
      factory: (origin, settings) => new Pool(origin, { ...settings, factory: client }),
    });
}
