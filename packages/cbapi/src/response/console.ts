import type { ModelHost } from "../core/model/host.js";

/** An address in the server's console: `consoleLink(client, "binary/0123...")`. */
export function consoleLink(client: ModelHost, page: string): string {
  return `${client.url}/#${page}`;
}
