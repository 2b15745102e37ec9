import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { asDocument } from "../../../core/model/model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { isDocument } from "../../events/joins.js";
import { SingleQuery } from "../../queries/single-query.js";

/** There is one of them for each server. */
const KEY = "all";

/**
 * The versions of the sensor that a server can give out, by platform. There is one object:
 *
 * @example
 * const builds = await cb.select(SensorBuilds).one();
 * console.log(builds.Windows); // [ "006.001.003.70823", ... ]
 */
export class SensorBuilds extends defineModel(
  { name: "SensorBuilds", path: "/api/v2/builds", key: "Windows", keyOf: () => KEY },
  {
    Windows: t.array(t.string()),
    Linux: t.array(t.string()),
    OSX: t.array(t.string()),
  },
) {
  /** @internal The one object, which has not been asked for: `GET /api/v2/builds`. */
  static query(client: ModelHost): SingleQuery<SensorBuilds> {
    return new SingleQuery(client, SensorBuilds, {});
  }

  /** @internal */
  static override normaliseKey(): Key {
    return KEY;
  }

  /** @internal `GET /api/v2/builds` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const { name, path } = SensorBuilds.spec;
    return { document: asDocument(await client.getObject(path, undefined, options), name, key) };
  }

  /** Versions of the sensor for Windows; empty when there are none. */
  override get Windows(): readonly string[] {
    return versionsIn(this.get("Windows"));
  }

  /** Versions of the sensor for Linux; empty when there are none. */
  override get Linux(): readonly string[] {
    return versionsIn(this.get("Linux"));
  }

  /** Versions of the sensor for macOS; empty when there are none. */
  override get OSX(): readonly string[] {
    return versionsIn(this.get("OSX"));
  }
}

function versionsIn(builds: unknown): readonly string[] {
  if (!Array.isArray(builds)) return [];
  return builds.flatMap((build: unknown) => {
    const version = isDocument(build) ? build["version_string"] : build;
    return typeof version === "string" ? [version] : [];
  });
}
