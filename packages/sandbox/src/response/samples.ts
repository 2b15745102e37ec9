import { HttpProblem, type Product, type SandboxReply } from "../server/product.js";
import { sampleBinary, sampleProcess, sampleSensor } from "../store/samples.js";
import { Store } from "../store/store.js";
import { createResponseProduct, type ResponseOptions } from "./index.js";

export const NOW = Date.UTC(2026, 0, 5, 9);
export const ID = sampleProcess().id;
export const guid = (n: number): string => `00000001-0000-0000-0000-${String(n).padStart(12, "0")}`;
const at = (time: number) => ({ segment_id: time, last_update: time, last_server_update: time });

export function organisation(): Store {
  const store = Store.open();
  store.sensor(sampleSensor({ last_checkin_time: NOW }));
  store.sensor(sampleSensor({ id: 2, computer_name: "LINUX-2", online: false, os_type: "linux" }));
  store.binary(sampleBinary());
  store.binary(sampleBinary({ md5: "b".repeat(32), copied_mod_len: 0, digsig_result: "Unsigned" }));
  store.process(
    sampleProcess({
      parent_id: guid(1),
      end: 9000,
      alliance: { alliance_score_srs: 60, alliance_link_srs: "https://example.com" },
      segments: [at(5000), at(6000)],
      events: {
        modload: [{ time: 1005, md5: "b".repeat(32), path: "c:\\x.dll", segment: 1 }],
        filemod: [{ time: 1006, type: 2, path: "c:\\x.txt" }],
        regmod: [{ time: 1007, type: 1, path: "\\registry\\machine\\x", tamper: true }],
        netconn: [
          {
            ...{ time: 1008, remote_ip: "192.168.1.163", remote_port: 443, local_ip: "10.0.0.2", local_port: 50_000 },
            ...{ proto: 6, domain: "www.example.com", outbound: true },
          },
        ],
        childproc: [
          { time: 1009, child_id: guid(2), md5: "c".repeat(32), path: "c:\\b.exe", pid: 2, started: true },
          {
            time: 1010,
            child_id: guid(2),
            md5: "c".repeat(32),
            path: "c:\\b.exe",
            pid: 2,
            started: false,
            tamper: true,
          },
        ],
        crossproc: [
          {
            ...{
              time: 1011,
              kind: "ProcessOpen",
              subtype: 1,
              other_id: guid(3),
              md5: "d".repeat(32),
              path: "c:\\c.exe",
            },
            ...{ privileges: 2097151, is_target: false },
          },
        ],
        processblock: [
          {
            ...{ time: 1012, block_type: "1", block_event: "2", block_result: "ProcessTerminated", block_error: 0 },
            ...{ blocked_md5: "e".repeat(32), blocked_path: "c:\\e.exe", blocked_cmdline: "e", blocked_uid: "S-1" },
            blocked_username: "me",
          },
        ],
      },
    }),
  );
  store.process(sampleProcess({ id: guid(1), start: 500, process_name: "explorer.exe", parent_id: guid(9), pid: 7 }));
  store.process(sampleProcess({ id: guid(2), parent_id: ID, start: 2000, process_name: "b.exe", pid: 2 }));
  store.process(
    sampleProcess({ id: guid(4), parent_id: ID, start: 1500, process_name: "hidden.exe", suppressed: true }),
  );
  store.process(
    sampleProcess({ id: guid(5), parent_id: guid(1), start: 1600, process_name: "brother.exe", sensor_id: 2 }),
  );
  store.process(sampleProcess({ id: guid(6), start: 0, process_name: "ghost.exe", placeholder: true }));
  return store;
}

export type Options = Omit<Partial<ResponseOptions>, "store">;

export function product(options: Options = {}, store = organisation()): Product {
  return createResponseProduct({ store, clock: { now: () => NOW }, ...options });
}

/** Asks a product as the server would: fixed parts of a path win over named ones. */
export function get(product: Product, url: string): SandboxReply {
  const { pathname, searchParams } = new URL(url, "https://sandbox");
  const parts = pathname.split("/");
  const fits = product.routes.filter(({ path }) => {
    const names = path.split("/");
    return names.length === parts.length && names.every((name, n) => name.startsWith(":") || name === parts[n]);
  });
  const named = (path: string): number => path.split(":").length;
  const [route] = fits.sort((a, b) => named(a.path) - named(b.path));
  if (route === undefined) return { status: 404, body: "no such route" };
  const params = Object.fromEntries(
    route.path.split("/").flatMap((name, n) => (name.startsWith(":") ? [[name.slice(1), parts[n] ?? ""]] : [])),
  );
  const request = { method: "GET", path: pathname, params, query: searchParams, headers: {}, body: Buffer.alloc(0) };
  const user = { token: "t", username: "u", globalAdmin: true };
  try {
    const reply = route.handle({ ...request, user, json: () => undefined, signal: new AbortController().signal });
    if (reply instanceof Promise) throw new TypeError("no route is asynchronous");
    return reply;
  } catch (error) {
    if (error instanceof HttpProblem) return product.problem(error, request);
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
export const json = (product: Product, url: string): any => {
  const reply = get(product, url);
  if (reply.status !== 200) throw new Error(`${url} was answered with ${reply.status}: ${String(reply.body)}`);
  return reply.body;
};
export const ids = (product: Product, url: string): string[] =>
  json(product, url).results.map((row: { unique_id: string }) => row.unique_id);
