import { CALL, checkCall } from "../../../core/call-options.js";
import { ApiError, TimeoutError } from "../../../core/errors.js";
import { assignJoin, type ModelOrKey } from "../../../core/model/assigned-join.js";
import type { assignable } from "../../../core/model/declaration.js";
import type { Document, Entry, Fetched, Key } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { SaveOptions, WritePlan, WriteRequest } from "../../../core/model/mutable-model.js";
import { rebaseOn } from "../../../core/model/rebase.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { savedNumber } from "../../../core/model/saved.js";
import { inTurn } from "../../../core/model/turns.js";
import { readNow, sendWrites } from "../../../core/model/write.js";
import type { DryRun } from "../../../core/model/write-plan.js";
import { pauseAfter } from "../../../core/pauses.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import { ComputerQuery } from "../../queries/computer-query.js";
import type { FileInstanceQuery } from "../../queries/file-instance-query.js";
import { FileInstance } from "../files/file-instance.js";
import { fetchByIds } from "../many.js";
import { Policy } from "../policies/policy.js";
import { PolicyLevels, type PolicyOrName, policyIdOf } from "../policies/policy-target.js";
import { verifyReported } from "../reported.js";
import type { ComputerDiagnostics, TemplateSettings } from "./advanced-options.js";
import { requirePreviousPolicies, requireSwitch } from "./bulk-changes.js";
import {
  checkComputer,
  checkMove,
  computerUpdate,
  diagnosticValues,
  refuseTemplate,
  templateValues,
} from "./computer-changes.js";
import { ComputerFields } from "./computer-fields.js";
import { lackOf } from "./effects.js";
import {
  approveForMinutes,
  checkLocalApproval,
  type LocalApprovalOptions,
  refuseAutomatic,
  refuseTimed,
} from "./local-approval.js";

/** The options of what changes a computer. */
const SAVING = ["dryRun", "verify", ...CALL];

/**
 * A computer with an agent, or a template that others are cloned from.
 *
 * Reading it needs the permission "View computers", changing and deleting it "Manage computers" as well; diagnostics,
 * template settings and tamper protection also "Change advanced options".
 *
 * Saving sends `PUT /computer/{id}` with the id and the changes. Fields of diagnostics and of templates, and
 * `tamperProtectionActive`, need parameters in the address, which are sent with them. With `verify`, what the agent has to
 * report first is waited for: for two minutes, or `timeout`. `TimeoutError` (`code` is `NOT_SHOWN_YET`) then says that it has
 * not, and nothing is undone.
 *
 * Deleting sends `DELETE /computer/{id}`. The server may go on listing the entry, with `deleted` true.
 * @example
 * const computer = await p.select(Computer, 7);
 * computer.policy = 3;
 * await computer.save();
 */
export class Computer extends ComputerFields {
  /** What `set()` takes beside the fields. */
  declare readonly [assignable]: { readonly policy: ModelOrKey<Policy> };

  /** @internal A search for computers, which has not been sent: `GET /computer`. */
  static query(client: ModelHost): ComputerQuery {
    return new ComputerQuery(client, Computer, {});
  }

  /** @internal `GET /computer?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, Computer, keys, options);
  }

  /** Its policy: `GET /policy/{id}`; `undefined` when it has none. Can be assigned, with a policy or a policy's id. */
  override get policy(): Ref<Policy | undefined> {
    return super.policy;
  }

  override set policy(policy: ModelOrKey<Policy>) {
    assignJoin(this, "Computer.policy", "policyId", Policy, policy);
  }

  /** The files on it, as a query that has not been sent. */
  get fileInstances(): FileInstanceQuery {
    const id = savedNumber(this, "list its files");
    return FileInstance.query(Computer.stateOf(this).client).where(`computerId:${id}`);
  }

  /**
   * Moves it to a policy: reads it, and when it is in another, sends `PUT /computer/{id}`. Changes that were not saved are
   * left alone.
   *
   * With `verify`, waits until the agent has taken the policy over, for two minutes or `timeout`: it reads back with the
   * policy, enforces the level of it, and `policyStatusDetails` is `Up to date`. With `dryRun`, gives what would be sent,
   * `undefined` when nothing would be. Many at once: {@link ComputerQuery.moveTo}.
   * @param policy the policy, its id, or its name
   * @throws InvalidObjectError when `automaticPolicy` or `localApproval` is on, for which the server overlooks the policy
   * @throws TimeoutError with code `NOT_SHOWN_YET` when the agent has not taken it over in time: it does later
   */
  async moveTo<D extends boolean | undefined = false>(
    policy: PolicyOrName,
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async moveTo(policy: PolicyOrName, options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("moveTo()", options, SAVING);
    const policyId = await policyIdOf(Computer.stateOf(this).client, "moveTo()", policy, options);
    return this.changeNow({ policyId }, options, { refuse: (document) => checkMove(this, document) });
  }

  /**
   * Moves it back to the policy that it had before, its `previousPolicyId`, as {@link Computer.moveTo} does. Needs a server
   * from 8.0 on.
   * @throws ApiError with code `NO_PREVIOUS_POLICY` when the server knows none
   */
  async returnToPreviousPolicy<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async returnToPreviousPolicy(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("returnToPreviousPolicy()", options, SAVING);
    const { signal, timeout } = options;
    await requirePreviousPolicies(Computer.stateOf(this).client, { signal, timeout });
    const policyId = (await readNow(this, { signal, timeout })).document["previousPolicyId"];
    if (typeof policyId !== "number" || policyId === 0) {
      throw new ApiError(`The server knows no policy that Computer ${this.id} had before`, {
        code: "NO_PREVIOUS_POLICY",
      });
    }
    return this.changeNow({ policyId }, options, { refuse: (document) => checkMove(this, document) });
  }

  /**
   * Has new files on it approved there: reads it, and when that is not on, sends `PUT /computer/{id}` with `localApproval`.
   * With `minutes`, it is switched off again when they are over, and the call ends then; also when `signal` ends the call
   * before, when the agent does not report in time with `verify`, and when `onWait` throws. While the server cannot be
   * reached, that is tried again for some 20 seconds. A process that ends meanwhile leaves it on.
   *
   * With `verify`, the minutes count from when the agent has begun, and the call ends when it has ended. With `dryRun`,
   * gives what would be sent.
   * @example await cb.select(Computer, 7).approveLocally({ minutes: 10, verify: true });
   * @throws ApiError when `automaticPolicy` is on (`code` is `AUTOMATIC_POLICY`); with `minutes`, when it is in local
   * approval already, as whoever began that is to end it (`LOCAL_APPROVAL`), and when it could not be switched off and so
   * may still be on (`STILL_LOCALLY_APPROVED`; `cause` says why)
   */
  async approveLocally<D extends boolean | undefined = false>(
    options?: LocalApprovalOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async approveLocally(options: LocalApprovalOptions = {}): Promise<this | WritePlan | undefined> {
    checkLocalApproval(options);
    const { minutes, onWait: _, ...saving } = options;
    const refuse = (document: Document) => refuseAutomatic(this, document);
    if (minutes === undefined) return this.changeNow({ localApproval: true }, saving, { refuse });
    if (options.dryRun === true) {
      const begin = { refuse: (document: Document) => refuseTimed(this, document), evenIfSo: true };
      const plan = (await this.changeNow({ localApproval: true }, saving, begin)) as WritePlan | undefined;
      const end = computerUpdate(this.itemPath, { id: this.id, localApproval: false });
      return plan && { ...plan, requests: [...plan.requests, end] };
    }
    await approveForMinutes(this, minutes, options, (on, call, how) =>
      this.changeNow({ localApproval: on }, call, how),
    );
    return this;
  }

  /**
   * Ends local approval: reads it, and when that is on, sends `PUT /computer/{id}`. With `verify`, waits until the agent has
   * ended it. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   */
  async endLocalApproval<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async endLocalApproval(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("endLocalApproval()", options, SAVING);
    return this.changeNow({ localApproval: false }, options);
  }

  /**
   * Switches the agent's tamper protection on or off: `PUT /computer/{id}?newTamperProtectionActive=...`. Sent also when it
   * reads so, as the agent may have been told otherwise and not have reported it yet. With `verify`, waits until the agent
   * has reported it; with `dryRun`, gives what would be sent. Needs "Change advanced options".
   */
  async setTamperProtection<D extends boolean | undefined = false>(
    on: boolean,
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async setTamperProtection(on: boolean, options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("setTamperProtection()", options, SAVING);
    requireSwitch("setTamperProtection", on);
    return this.changeNow({ tamperProtectionActive: on }, options, { evenIfSo: true });
  }

  /**
   * Asks the agent for diagnostics: `PUT /computer/{id}?changeDiagnostics=true`. Sent also when it reads so, which begins
   * them anew. With `verify`, waits until the agent reports these levels and flags, which servers from 8.0 on tell; with
   * `dryRun`, gives what would be sent. Needs "Change advanced options".
   * @throws CbApiError when a name or a value is none that can be set
   */
  async setDiagnostics<D extends boolean | undefined = false>(
    values: ComputerDiagnostics,
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async setDiagnostics(values: ComputerDiagnostics, options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("setDiagnostics()", options, SAVING);
    const encoded = diagnosticValues(Computer.stateOf(this).client, values);
    return this.changeNow(Object.fromEntries(encoded), options, { evenIfSo: true });
  }

  /**
   * Makes a template of it that others are cloned from: reads it, and sends what is not so already,
   * `PUT /computer/{id}?changeTemplate=true`. With `dryRun`, gives what would be sent, `undefined` when nothing would be;
   * with `verify`, reads it back. Needs "Change advanced options".
   * @throws InvalidObjectError when it is online or still initialising
   */
  async becomeTemplate<D extends boolean | undefined = false>(
    settings?: TemplateSettings,
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async becomeTemplate(
    settings: TemplateSettings = {},
    options: SaveOptions = {},
  ): Promise<this | WritePlan | undefined> {
    checkCall("becomeTemplate()", options, SAVING);
    const encoded = templateValues(Computer.stateOf(this).client, settings);
    const refuse = (document: Document) => (document["template"] === true ? undefined : refuseTemplate(this, document));
    return this.changeNow({ template: true, ...Object.fromEntries(encoded) }, options, { refuse });
  }

  /** Makes an ordinary computer of a template: `PUT /computer/{id}?changeTemplate=true`, when it is one. */
  async endTemplate<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async endTemplate(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("endTemplate()", options, SAVING);
    return this.changeNow({ template: false }, options);
  }

  /**
   * Has the password of the agent's command line replaced: `PUT /computer/{id}?resetCLIPassword=true`. Returns when the
   * server has taken it. The old password is cleared then; the new one is there when the computer has registered again,
   * see {@link Computer.waitForCLIPassword}. Changes that were not saved are left alone.
   */
  async resetCLIPassword(options: CallOptions = {}): Promise<void> {
    const id = savedNumber(this, "reset its password");
    const path = `${this.itemPath}?resetCLIPassword=true`;
    await inTurn(this, options, (call) => sendWrites(this, [{ method: "PUT", path, body: { id } }], call));
    // What was known of the object no longer holds in this one point.
    const state = Computer.stateOf(this);
    if ("CLIPassword" in state.document) state.document = { ...state.document, CLIPassword: "" };
    state.refreshedAt = undefined;
  }

  /**
   * The password of the agent's command line, once the server has one: `GET /computer/{id}` after 0, 1, 2, 4 and then
   * every 5 seconds. It is waited for until `signal` or `timeout` ends it; a computer that is offline may take days.
   * @throws TimeoutError with code `NO_PASSWORD_YET` when there is none in time. A reset stays in force
   */
  async waitForCLIPassword(options: CallOptions = {}): Promise<string> {
    savedNumber(this, "wait for its password");
    const { client } = Computer.stateOf(this);
    const { clock } = protection(client);
    const { signal, timeout = 0 } = options;
    const end = clock.now() + (timeLimit(timeout) || Number.POSITIVE_INFINITY);
    for (let look = 0; ; look++) {
      rebaseOn(this, await readNow(this, { signal }));
      const { CLIPassword: password } = this;
      if (password !== undefined && password !== "") return password;
      const pause = Math.min(pauseAfter(look), end - clock.now());
      if (pause <= 0) break;
      await clock.sleep(pause, signal);
    }
    throw new TimeoutError(
      `${this} has no new password after ${timeout} ms. It gets one when it registers with the server; a reset stays in force`,
      { code: "NO_PASSWORD_YET", timeout },
    );
  }

  protected override check(): void {
    checkComputer(this);
  }

  protected override updateRequest(): WriteRequest {
    return computerUpdate(this.itemPath, this.updateBody());
  }

  protected override async verifyWritten(
    sent: ReadonlyMap<string, unknown>,
    entry: Entry,
    options: CallOptions,
  ): Promise<void> {
    const policyId = sent.get("policyId");
    const levels = new PolicyLevels(Computer.stateOf(this).client);
    if (typeof policyId === "number") await levels.read([policyId], options);
    const level = typeof policyId === "number" ? levels.of(policyId) : undefined;
    return verifyReported(this, sent, entry, options, (document) => lackOf(document, { values: sent, level })?.why);
  }
}
