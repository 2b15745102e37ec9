import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { ProxyFailure } from "./proxy.js";
import { Redactor } from "./redact.js";

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare percent sign in a password
  }
}

/** Opens a tunnel through a proxy (HTTP `CONNECT`). The proxy's user and password are sent to the proxy only. */
export function openTunnel(
  proxy: URL,
  host: string,
  options: { readonly timeout: number; readonly rejectUnauthorized: boolean },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, username, password } = proxy;
    const headers: Record<string, string> = { host };
    // What the proxy says of a refusal is shown, and it may repeat what it was sent.
    let secrets = new Redactor();
    if (username !== "" || password !== "") {
      const pair = Buffer.from(`${decode(username)}:${decode(password)}`).toString("base64");
      headers["proxy-authorization"] = `Basic ${pair}`;
      secrets = new Redactor([pair, password, decode(password)]);
    }
    const secure = protocol === "https:";
    const request = (secure ? https : http).request({
      method: "CONNECT",
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port || (secure ? 443 : 80),
      path: host,
      headers,
      agent: false,
      ...(secure ? { minVersion: "TLSv1.2", rejectUnauthorized: options.rejectUnauthorized } : {}),
    });
    const timer = setTimeout(() => {
      request.destroy();
      reject(new ProxyFailure(proxy, `no answer within ${options.timeout} ms`, { timedOut: true }));
    }, options.timeout);
    request.once("connect", (response, socket, head) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        socket.on("error", () => {}).destroy();
        const reason = response.statusMessage ? `${status} ${response.statusMessage}` : String(status);
        return reject(new ProxyFailure(proxy, `it answered ${secrets.hide(reason)}`, { status }));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.once("error", (cause) => {
      clearTimeout(timer);
      reject(new ProxyFailure(proxy, cause.message, { cause }));
    });
    request.end();
  });
}
