import { ClientError, UnauthorizedError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { ModelHost } from "../../core/model/host.js";
import { inTurnOf } from "../../core/model/turns.js";
import type { SaveOptions, WritePlan } from "../../core/model/write-plan.js";
import type { CallOptions } from "../../core/transport/types.js";
import { Connector } from "../models/analysis/connector.js";
import { isForWantOfPermission } from "../permission.js";

/** A connector as it introduces itself to the server. */
export interface ConnectorRegistration {
  /** Which connector it is: there is one of a name, whose letters may be large or small. */
  readonly name: string;
  /** What the console calls its analyses. Default: its name. */
  readonly analysisName?: string | undefined;
  readonly connectorVersion: string;
  /** Whether it analyses files. Default true. */
  readonly canAnalyze?: boolean | undefined;
  /** Default true for a new one; one that is there stays as somebody has set it. */
  readonly enabled?: boolean | undefined;
  /** Whether files may be sent to it. Default true for a new one; one that is there stays as somebody has set it. */
  readonly analysisEnabled?: boolean | undefined;
}

/** Sees to it that the server knows the connector: see {@link Connector.register}. */
export function registerConnector(
  client: ModelHost,
  registration: ConnectorRegistration,
  options: SaveOptions,
): Promise<Connector | WritePlan | undefined> {
  const { name, analysisName = name, connectorVersion, canAnalyze = true, enabled, analysisEnabled } = registration;
  for (const [what, text] of Object.entries({ name, analysisName, connectorVersion })) {
    if (typeof text === "string" && text.trim() !== "") continue;
    throw invalidArgument(`A connector is registered with a ${what} that says something, got ${JSON.stringify(text)}`);
  }
  // One after the other, in the turn of a connector that does not exist: two of a name at once would make two.
  return inTurnOf(client, Connector, 0, options, async (call) => {
    const there = await find(client, name, call);
    const chosen = {
      ...(enabled === undefined ? {} : { enabled }),
      ...(analysisEnabled === undefined ? {} : { analysisEnabled }),
    };
    const connector = there ?? new Connector({ client }).set({ name, enabled: true, analysisEnabled: true });
    connector.set({ analysisName, connectorVersion, canAnalyze, ...chosen });
    const { dryRun = false, verify } = options;
    try {
      return await connector.save({ signal: call.signal, timeout: call.timeout, dryRun, verify });
    } catch (error) {
      if (there !== undefined || error instanceof ClientError || error instanceof UnauthorizedError) throw error;
      // It may be there all the same: the answer was lost, or did not say which one it is.
      const made = await find(client, name, call).catch(() => undefined);
      if (made === undefined) throw error;
      return made;
    }
  });
}

/** The connector of this name that is registered; `undefined` where none is, or this token may only register. */
async function find(client: ModelHost, name: string, call: CallOptions): Promise<Connector | undefined> {
  let named: Connector[];
  try {
    named = await Connector.query(client).where({ name }).all(call);
  } catch (error) {
    if (isForWantOfPermission(error)) return undefined;
    throw error;
  }
  const same = named.filter((each) => each.name?.toLowerCase() === name.toLowerCase());
  const own = same.find(({ isInternal }) => isInternal !== true);
  if (own === undefined && same.length > 0) {
    throw invalidArgument(`${name} is the name of one of the server's own connectors: register under another`);
  }
  return own;
}
