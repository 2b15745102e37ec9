import { inspect } from "node:util";

/** So much of a message is told; the server's own limit is not documented. */
const LENGTH = 250;

/**
 * A thrown error as the server and its console are told it: one line of its message, cut, without what could steer a terminal
 * or a page, and without secrets.
 * @param withoutSecrets takes the client's own out
 */
export function errorText(error: unknown, withoutSecrets: (text: string) => string): string {
  const message = error instanceof Error ? error.message.trim() || error.name : inspect(error);
  const text = withoutSecrets(message)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}<>]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  if (text === "") return "The analysis failed";
  return text.length > LENGTH ? `${text.slice(0, LENGTH - 3).trimEnd()}...` : text;
}
