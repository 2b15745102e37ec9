import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { CbResponseAPI, type CbResponseOptions } from "../response/client.js";

export { until } from "./until.js";

type Fields = Record<string, unknown>;

/** A request as a script sees it. */
export interface Received {
  /** `POST /session/1/command`: without the common path, and without its query. */
  readonly line: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** The parsed body; absent for requests without JSON. */
  readonly json: Fields | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server of {@link liveResponseServer} does differently from one without troubles. */
export interface Script {
  readonly info?: Fields;
  readonly sensor?: Fields;
  /** States that a new session goes through, one for each time that it is read. Default pending, then active. */
  readonly states?: readonly string[];
  /** Fields of sessions. */
  readonly session?: Fields;
  /** Whether `wait=true` holds answers back. Default true. */
  readonly holds?: boolean;
  /** What a command comes to: fields of the finished command. Default `{ status: "complete" }`. */
  readonly command?: (body: Fields, server: LiveResponseServer) => Fields | Promise<Fields>;
  /** What a stored file holds. */
  readonly files?: Readonly<Record<number, Buffer>>;
  /** Sees each request first; what it gives is answered, and nothing when it says that it has answered itself. */
  readonly before?: (received: Received, server: LiveResponseServer) => Reply | "answered" | undefined;
  readonly options?: CbResponseOptions;
}

export interface ServedSession {
  readonly id: number;
  readonly data: Fields;
  /** Commands by their number. */
  readonly commands: Map<number, { data: Fields; done: Promise<void> }>;
}

const COMMANDS = [
  "delete file", "put file", "reg delete key", "directory list", "reg create key", "get file", "reg enum key",
  "reg query value", "kill", "create process", "process list", "reg delete value", "reg set value", "create directory",
  "memdump",
]; // biome-ignore format: a list

/** A Live Response server on this machine that follows a script, and a client for it. */
export class LiveResponseServer {
  /** `POST /session`, `GET /session/1?wait=true`, in the order of their arrival. */
  readonly requests: string[] = [];
  /** Bodies of the commands, in the order of their arrival. */
  readonly commands: Fields[] = [];
  /** The content of uploaded forms, as they came. */
  readonly uploads: Buffer[] = [];
  readonly sessions = new Map<number, ServedSession>();
  readonly script: Script;
  url = "";
  #nextSession = 1;
  #nextFile = 1;

  constructor(script: Script) {
    this.script = script;
  }

  /** The sessions that take a slot. */
  get open(): number[] {
    return [...this.sessions.values()]
      .filter(({ data }) => data["status"] === "pending" || data["status"] === "active")
      .map(({ id }) => id);
  }

  /** Forgets a session, as a server does that was restarted. */
  lose(id: number): void {
    this.sessions.delete(id);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = decodeURIComponent(url.pathname);
    const isUpload = request.method === "POST" && path.endsWith("/file");
    const ours = path.startsWith("/api/v1/cblr");
    const line = `${request.method} ${path.replace("/api/v1/cblr", "")}`;
    if (ours) this.requests.push(`${line}${url.search}`);
    const json = isUpload ? undefined : asFields(await readBody(request));
    const received: Received = { line, query: url.searchParams, headers: request.headers, json, request, response };
    const instead = this.script.before?.(received, this);
    if (instead === "answered") return;
    const reply = instead ?? (ours ? await this.#serve(received, isUpload) : this.#serveOther(path));
    if (reply === "answered") return;
    if ("status" in reply && "text" in reply) {
      response.writeHead(Number(reply.status), { ...(reply as Reply).headers }).end(reply.text);
    } else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
  }

  #serveOther(path: string): object {
    const { info, sensor } = this.script;
    if (path === "/api/info") return { version: "6.2.0.1", cblrEnabled: true, ...info };
    if (path === "/api/v1/storage/events/partition") return {};
    const id = /^\/api\/v1\/sensor\/(\d+)$/.exec(path)?.[1];
    if (id === undefined) return { status: 404, text: "not found" };
    return { id: Number(id), computer_name: `WIN-${id}`, os_type: 1, supports_cblr: true, status: "Online", ...sensor };
  }

  async #serve({ line, query, json, request, response }: Received, isUpload: boolean): Promise<object | "answered"> {
    if (line === "GET /session") return [...this.sessions.values()].map(({ data }) => data);
    if (line === "POST /session") return this.#create(Number(json?.["sensor_id"]));
    const [, number, rest = ""] = /^\w+ \/session\/(\d+)(.*)$/.exec(line) ?? [];
    const session = this.sessions.get(Number(number));
    if (session === undefined) return { status: 404, text: `Session ${number} not found` };
    if (isUpload) {
      this.uploads.push(await readBody(request));
      return { id: this.#nextFile++ };
    }
    const [, kind, item] = /^\/(\w+)(?:\/(\d+))?/.exec(rest) ?? [];
    if (kind === "keepalive") return {};
    if (kind === "file") return this.#content(Number(item), request, response);
    if (kind === "command") return this.#command(session, Number(item), json, query, request.method ?? "");
    if (request.method === "PUT") Object.assign(session.data, json);
    else if (session.data["status"] === "pending") {
      const states = session.data["states"] as string[];
      session.data["status"] = states.shift() ?? "active";
    }
    return withoutStates(session.data);
  }

  #create(sensor: number): object {
    const id = this.#nextSession++;
    const states = [...(this.script.states ?? ["pending", "active"])];
    const data: Fields = {
      id,
      sensor_id: sensor,
      status: states.shift() ?? "active",
      states,
      supported_commands: COMMANDS,
      drives: ["C:\\"],
      create_time: 1_767_603_600,
      session_timeout: 300,
      sensor_wait_timeout: 120,
      ...this.script.session,
    };
    this.sessions.set(id, { id, data, commands: new Map() });
    return withoutStates(data);
  }

  async #command(
    session: ServedSession,
    number: number,
    json: Fields | undefined,
    query: URLSearchParams,
    method: string,
  ): Promise<object> {
    if (method === "POST" && json !== undefined) {
      this.commands.push(json);
      const id = session.commands.size + 1;
      const data: Fields = { ...json, id, status: "pending", sensor_id: session.data["sensor_id"] };
      if (json["name"] === "get file") data["file_id"] = this.#nextFile++;
      const finish = async () => {
        const result = (await this.script.command?.(json, this)) ?? {};
        if (data["status"] === "pending") Object.assign(data, { status: "complete", result_code: 0 }, result);
      };
      const accepted = { ...data };
      session.commands.set(id, { data, done: finish() });
      return accepted;
    }
    const command = session.commands.get(number);
    if (command === undefined) return { status: 404, text: "Command not found" };
    if (method === "PUT") Object.assign(command.data, json);
    else if (query.get("wait") === "true" && this.script.holds !== false) await command.done;
    return command.data;
  }

  #content(id: number, request: IncomingMessage, response: ServerResponse): object | "answered" {
    const content = this.script.files?.[id];
    if (content === undefined) return { status: 404, text: "File not found" };
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const part = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": part.length,
      ...(from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    response.end(part);
    return "answered";
  }
}

/** Starts a server with this script. */
export async function liveResponseServer(
  script: Script = {},
): Promise<{ readonly cb: CbResponseAPI; readonly server: LiveResponseServer }> {
  const server = new LiveResponseServer(script);
  const http = createServer((request, response) => {
    server.answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const cb = new CbResponseAPI({
    url: server.url,
    token: "0123456789abcdef".repeat(2),
    allowHttp: true,
    maxRetries: 0,
    ...script.options,
  });
  onTestFinished(async () => {
    await cb.close().catch(() => {});
    http.closeAllConnections();
    http.close();
  });
  return { cb, server };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function asFields(body: Buffer): Fields | undefined {
  return body.length === 0 ? undefined : (JSON.parse(body.toString()) as Fields);
}

function withoutStates({ states: _, ...data }: Fields): Fields {
  return data;
}
