import { sql } from "../../query/index.js";
import type { Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { addPerformance } from "../data/server.js";
import {
  COMPUTER,
  connectedAt,
  EVENT,
  FILE_CATALOG,
  FILE_INSTANCE_DELETED,
  FILE_INSTANCE_GROUP,
  GRANTED_USER_POLICY_PERMISSION,
  INTERNAL_EVENT,
  METERED_EXECUTION,
  NOTIFIER,
  PUBLISHER_CERTIFICATE,
  SERVER_CONFIG,
  SERVER_PERFORMANCE,
} from "../objects/index.js";
import { kindRoutes } from "./kind-routes.js";

const HOUR = 3_600_000;
const USUAL_PERIOD = 24;

/** Kinds that are looked at only. */
export function readOnlyRoutes(context: ProtectionContext): Route[] {
  const { store, seed } = context;
  return [
    ...[EVENT, INTERNAL_EVENT].flatMap((kind) => kindRoutes(context, { kind })),
    ...kindRoutes(context, { kind: FILE_CATALOG }),
    ...kindRoutes(context, { kind: FILE_INSTANCE_DELETED }),
    ...kindRoutes(context, { kind: FILE_INSTANCE_GROUP }),
    ...kindRoutes(context, { kind: METERED_EXECUTION }),
    ...kindRoutes(context, { kind: NOTIFIER }),
    ...kindRoutes(context, { kind: PUBLISHER_CERTIFICATE }),
    ...kindRoutes(context, { kind: GRANTED_USER_POLICY_PERMISSION }),
    ...kindRoutes(context, { kind: SERVER_CONFIG }),
    ...kindRoutes(context, {
      kind: SERVER_PERFORMANCE,
      byPlace: true,
      reading: ["period"],
      prepare(now) {
        const agents = sql`SELECT count(*) AS n FROM object o WHERE o.kind = ${COMPUTER.kept} AND ${connectedAt("o")}`;
        addPerformance(store, String(seed), now, store.database.count(agents.sql, agents.params));
      },
      listing(parameters, now) {
        const since = now - (parameters.integer("period", 1) ?? USUAL_PERIOD) * HOUR;
        return { only: sql`json_extract(o.record, '$.dateCreated') > ${since}` };
      },
    }),
  ];
}
