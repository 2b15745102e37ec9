import type { CbPSCOptions } from "../psc/client.js";
import { type CloudRequest, cloudServer } from "./cloud-server.js";

export const V7 = "/api/alerts/v7/orgs/{org}";
export const V6 = "/appservices/v6/orgs/{org}";

/** An alert as today's service has it, as far as a test names it. */
export interface TestAlert {
  readonly id: string;
  readonly backend_timestamp: string;
  readonly [field: string]: unknown;
}

interface Body {
  readonly start?: number;
  readonly rows?: number;
  readonly time_range?: { readonly start?: string; readonly end?: string };
  readonly criteria?: { readonly create_time?: { readonly start?: string; readonly end?: string } };
  readonly sort?: readonly { readonly field: string; readonly order: string }[];
}

/**
 * A service with these alerts, which it gives by time, the latest first unless it is told otherwise; rows behind the first
 * 10,000 are refused.
 */
export async function alertServer(
  alerts: () => readonly TestAlert[],
  options: CbPSCOptions & { readonly routes?: "current" | "classic" } = {},
  more: Parameters<typeof cloudServer>[0] = {},
) {
  const search = ({ body }: CloudRequest) => {
    const { start = 1, rows = 20, time_range: span, criteria, sort } = body as Body;
    if (start + rows > 10_001) return { status: 400, text: '{"message":"too far"}' };
    const { start: from = "", end: to = "9" } = span ?? criteria?.create_time ?? {};
    const found = alerts().filter(({ backend_timestamp: time }) => time >= from && time <= to);
    const sign = sort?.[0]?.order === "ASC" ? 1 : -1;
    // Of one moment, the service gives them in any order: here, by turns.
    const inOrder = [...found].sort(
      (a, b) =>
        sign * (a.backend_timestamp < b.backend_timestamp ? -1 : a.backend_timestamp > b.backend_timestamp ? 1 : 0),
    );
    const page = inOrder.slice(start - 1, start - 1 + rows);
    const isClassic = options.routes === "classic";
    const results = isClassic ? page.map((alert) => ({ ...alert, create_time: alert.backend_timestamp })) : page;
    return { num_found: found.length, results };
  };
  return cloudServer(
    { [`POST ${V7}/alerts/_search`]: search, [`POST ${V6}/alerts/_search`]: search, ...more },
    options,
  );
}

/** So many alerts, one each second. */
export function manyAlerts(count: number, from = Date.UTC(2026, 0, 1)): TestAlert[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `A${n}`,
    backend_timestamp: new Date(from + n * 1000).toISOString(),
    severity: (n % 10) + 1,
  }));
}
