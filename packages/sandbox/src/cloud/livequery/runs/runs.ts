import { createHash } from "node:crypto";
import { HttpProblem } from "../../../server/product.js";
import type { CloudContext } from "../../context.js";
import { activeDevices, chosenDevices } from "./devices.js";
import {
  type AnswerRecord,
  type DeviceFilter,
  isPending,
  type RunDevice,
  type RunRecord,
  type TemplateRecord,
  TIMEOUT,
} from "./record.js";

/** What a run is started with. */
export interface NewRun {
  readonly sql: string;
  readonly name?: string | undefined;
  readonly filter: DeviceFilter;
  readonly notify_on_finish: boolean;
  readonly created_by: string;
  readonly template_id?: string;
}

/** Milliseconds that one run may use on all of its devices together, beyond what each of them is granted. */
const BUDGET = 8_000;

/** The runs of the organisation, with what devices have answered, and the templates of those that are repeated. */
export class Runs {
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  get #kept() {
    return this.#context.store.collection("cloud_run");
  }

  get #answers() {
    return this.#context.store.collection("cloud_run_answer");
  }

  get templates() {
    return this.#context.store.collection("cloud_run_template");
  }

  /** The oldest first. */
  all(): RunRecord[] {
    return this.#kept.all();
  }

  /** The run of an id; refused with 404 when there is none. */
  get(id = ""): RunRecord {
    const run = this.#kept.find("id", id);
    if (run === undefined) throw new HttpProblem(404, `Run ${id} was not found`);
    return run;
  }

  /** The run as it is now; undefined when it is gone. */
  present({ number }: RunRecord): RunRecord | undefined {
    return this.#kept.get(number);
  }

  put(run: RunRecord): void {
    this.#kept.put(run.number, run);
  }

  create({ sql, name, filter, notify_on_finish, created_by, template_id }: NewRun): RunRecord {
    const now = this.#context.now();
    const number = this.#kept.nextKey();
    const devices = chosenDevices(this.#context, filter);
    const run: RunRecord = {
      ...{ number, id: this.idOf("run", number), name: name ?? sql, sql, created_by, create_time: now },
      ...{ status_update_time: now, timeout_time: now + TIMEOUT, cancellation_time: null, cancelled_by: null },
      ...{ notify_on_finish, active_org_devices: activeDevices(this.#context), filter },
      // Whom nobody is to answer has nothing to wait for.
      ...{ status: devices.length === 0 ? "COMPLETE" : "ACTIVE", template_id: template_id ?? null },
      ...{ devices, answered: 0, budget: BUDGET },
    };
    this.put(run);
    return run;
  }

  cancel(run: RunRecord, by: string): RunRecord {
    if (run.status !== "ACTIVE") {
      throw new HttpProblem(409, `Run ${run.id} is ${run.status}: only an ACTIVE one can be cancelled`);
    }
    const now = this.#context.now();
    const devices = run.devices.map(
      (device): RunDevice => (isPending(device.status) ? { ...device, status: "cancelled", finish_time: now } : device),
    );
    const cancelled: RunRecord = {
      ...{ ...run, devices, status: "CANCELLED", status_update_time: now, cancellation_time: now, cancelled_by: by },
    };
    this.put(cancelled);
    return cancelled;
  }

  remove(run: RunRecord): void {
    for (const { id } of run.devices) this.#answers.remove(`${run.number}/${id}`);
    this.#kept.remove(run.number);
  }

  answerOf(run: RunRecord, device: number): AnswerRecord | undefined {
    return this.#answers.get(`${run.number}/${device}`);
  }

  /** Notes what a device has come to, and what it has sent. */
  note(run: RunRecord, device: RunDevice, answer?: AnswerRecord): RunRecord {
    const done = !isPending(device.status);
    const answered = run.answered + Number(done);
    const told = done ? { ...device, order: answered } : device;
    const devices = run.devices.map((each) => (each.id === device.id ? told : each));
    const next = { ...run, devices, answered };
    if (answer !== undefined && answer.rows.length > 0) this.#answers.put(`${run.number}/${device.id}`, answer);
    this.put(next);
    return next;
  }

  template(id = ""): TemplateRecord {
    const found = this.templates.find("id", id);
    if (found === undefined) throw new HttpProblem(404, `Template ${id} was not found`);
    return found;
  }

  /** The same for the same organisation. */
  idOf(kind: "run" | "template", number: number): string {
    const digest = createHash("sha256").update(`${this.#context.orgKey}/${kind}/${number}`).digest();
    return Array.from(digest.subarray(0, 24), (byte) => SIGNS.charAt(byte % SIGNS.length)).join("");
  }
}

const SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789";
