import { hash32 } from "../../../organisation/random.js";
import { findSensor } from "../../../store/endpoints.js";
import type { CloudContext } from "../../context.js";
import { type QueryEngine, type QueryOutcome, TOO_LONG } from "../engine/engine.js";
import { readStatement } from "../engine/statement.js";
import { isUnsupported, tablesOf } from "../tables/index.js";
import { isPending, type RunDevice, type RunRecord } from "./record.js";
import type { Runs } from "./runs.js";

/** Devices do not all answer at once: within so many ticks from when they were told. */
const SPREAD = 3;

/** Milliseconds of real time for each device that are not held against the run. */
const GRANTED = 1_000;

/** Lets the devices of all active runs go on by a tick. Devices are told at their check-in, and answer some ticks later. */
export async function runTick(
  context: CloudContext,
  runs: Runs,
  engine: QueryEngine,
  { tick, isCheckin, isOver }: { tick: number; isCheckin: boolean; isOver: () => boolean },
): Promise<void> {
  for (const run of runs.all()) {
    if (run.status === "ACTIVE") await goOn(run);
    if (isOver()) return;
  }

  async function goOn(active: RunRecord): Promise<void> {
    let run: RunRecord = active;
    for (const { id } of active.devices) {
      const device = run.devices.find((each) => each.id === id);
      if (device === undefined || !isPending(device.status)) continue;
      const sensor = findSensor(context.store, id);
      const reports = sensor?.online === true && sensor.state?.uninstalled !== true;
      if (!reports) continue;
      if (device.status === "not_started") {
        if (!isCheckin) continue;
        const due = tick + 1 + (hash32(`${run.id}/${id}`) % SPREAD);
        run = runs.note(run, { ...device, status: "in_progress", start_time: context.now(), due });
        continue;
      }
      // The count of ticks begins anew with a sandbox that takes up an organisation.
      if ((device.due ?? 0) > tick && (device.due ?? 0) <= tick + SPREAD) continue;
      const began = performance.now();
      const outcome = await ask(run, id);
      if (isOver()) return;
      // Somebody may have cancelled or deleted it meanwhile.
      const present = runs.present(run);
      if (present?.status !== "ACTIVE") return;
      const beyond = Math.max(0, performance.now() - began - GRANTED);
      const budget = Math.max(0, present.budget - beyond);
      run = answered({ ...present, budget }, device, outcome);
    }
    settle(run);
  }

  async function ask(run: RunRecord, id: number): Promise<QueryOutcome> {
    const host = context.machines.host(id);
    if (host === undefined) return { error: "The device is gone" };
    // What was too much for some devices is not tried on all the others.
    if (run.budget <= 0) return { error: TOO_LONG };
    const { sql, words } = readStatement(run.sql);
    return await engine.run(sql, tablesOf(host, words));
  }

  function answered(run: RunRecord, device: RunDevice, outcome: QueryOutcome): RunRecord {
    const finish_time = context.now();
    const { os_type } = findSensor(context.store, device.id) ?? { os_type: "windows" as const };
    if ("error" in outcome) {
      const status = isUnsupported(outcome.error, os_type) ? "not_supported" : "error";
      return runs.note(run, { ...device, status, message: outcome.error, finish_time });
    }
    const { columns, rows, truncated } = outcome;
    const status = rows.length > 0 ? "matched" : "not_matched";
    const message = truncated ? `Only the first ${rows.length} rows were sent` : "";
    return runs.note(run, { ...device, status, message, finish_time, rows: rows.length }, { columns, rows });
  }

  function settle(run: RunRecord): void {
    const now = context.now();
    const waits = run.devices.some(({ status }) => isPending(status));
    if (waits && now < run.timeout_time) return;
    runs.put({ ...run, status: waits ? "TIMED_OUT" : "COMPLETE", status_update_time: now });
  }
}
