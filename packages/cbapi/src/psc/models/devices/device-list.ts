import type { Readable } from "node:stream";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { Document } from "../../../core/model/document.js";
import { TextFile } from "../../../core/model/text-file.js";
import { fileBody } from "../../../core/transport/file-body.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { DEVICE_EXPORT } from "../../calls.js";
import type { CloudHost } from "../../host.js";
import type { CloudState } from "../../queries/cloud-query.js";
import { routeOf } from "../../routes.js";
import { objectIn } from "../../send.js";
import { jobFrom } from "../jobs/job.js";

/** What a list is made of. */
interface ListedDevices {
  readonly criteria: NonNullable<CloudState["criteria"]>;
  readonly exclusions: NonNullable<CloudState["exclusions"]>;
  readonly text: string;
  readonly sort: CloudState["sort"];
  /** The search, as bodies have it. */
  readonly body: Document;
}

/** The criteria that the classic request takes. */
const CLASSIC = ["status", "ad_group_id", "policy_id", "target_priority"];

/**
 * Devices as a list of values separated by commas; its first line names the columns. Nothing is requested before it is
 * read, and each reading has the list made anew.
 */
export class DeviceList extends TextFile {
  readonly #host: CloudHost;
  readonly #devices: ListedDevices;

  /** @internal Made by {@link DeviceSearchQuery.download}. */
  constructor(host: CloudHost, devices: ListedDevices) {
    super();
    this.#host = host;
    this.#devices = devices;
    if (host.routes === "classic") checkClassic(devices);
  }

  protected override async *bytes(options: CallOptions): AsyncGenerator<Uint8Array, void> {
    if (this.#host.routes === "classic") yield* await this.#classic(options);
    else {
      const job = await this.#export(options);
      await job.awaitCompletion(options);
      yield* job.output.stream(options);
    }
  }

  async #classic({ signal, timeout }: CallOptions): Promise<Readable> {
    const { criteria, text, sort } = this.#devices;
    const chosen = CLASSIC.flatMap((key) => (Object.hasOwn(criteria, key) ? [[key, criteria[key]] as const] : []));
    const query = {
      ...Object.fromEntries(chosen.map(([key, values]) => [key, (values as readonly unknown[]).join(",")])),
      ...(text === "" ? {} : { query_string: text }),
      ...(sort === undefined ? {} : { sort_field: sort.field, sort_order: sort.order }),
    };
    const route = routeOf(DEVICE_EXPORT, this.#host.routes);
    // Without the header, which has nothing to say of a request without a body, the server refuses it.
    const headers = { "Content-Type": "application/json" };
    return fileBody(await this.#host.requestStream({ ...route, query, headers, signal, timeout }));
  }

  async #export({ signal, timeout }: CallOptions) {
    const route = routeOf(DEVICE_EXPORT, this.#host.routes);
    const json = { ...this.#devices.body, format: "CSV" };
    // The server answers by leading to the job.
    const response = await this.#host.requestStream({ ...route, json, signal, timeout, followWrite: true });
    return jobFrom(this.#host, objectIn(await response.json(), DEVICE_EXPORT));
  }
}

/** @throws CbApiError with code `INVALID_ARGUMENT` when the classic request cannot ask for these devices */
function checkClassic({ criteria, exclusions }: ListedDevices): void {
  if (!Object.hasOwn(criteria, "status")) throw invalidArgument("at least one status must be specified to download");
  const others = Object.keys(criteria).filter((key) => !CLASSIC.includes(key));
  if (Object.keys(exclusions).length > 0) others.push("exclusions");
  if (others.length === 0) return;
  throw invalidArgument(
    `the classic list of devices cannot be narrowed by ${others.join(", ")}, and would hold more: leave that out, or make the ` +
      'client with routes: "current"',
  );
}
