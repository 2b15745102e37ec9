import { TimeoutError } from "../../../core/errors.js";
import { assignJoin, type ModelOrKey } from "../../../core/model/assigned-join.js";
import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Entry, Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { rebaseOn } from "../../../core/model/rebase.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { savedNumber } from "../../../core/model/saved.js";
import { inTurn } from "../../../core/model/turns.js";
import { readNow, sendWrites } from "../../../core/model/write.js";
import { pauseAfter } from "../../../core/pauses.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { between } from "../fields.js";
import { FileInstance } from "../files/file-instance.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import {
  CacheCheckLevel,
  CloneCleanupMode,
  CloneCleanupTimeScale,
  EnforcementLevel,
  Platform,
  ScepStatus,
} from "../names.js";
import { Policy } from "../policies/policy.js";
import { verifyReported } from "../reported.js";
import { checkComputer, computerUpdate, DIAGNOSTICS, TEMPLATE } from "./computer-changes.js";

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
export class Computer extends defineModel(
  {
    name: "Computer",
    path: pathOf("computer"),
    key: "id",
    writable: [
      "name",
      "policyId",
      "description",
      "computerTag",
      "automaticPolicy",
      "localApproval",
      "refreshFlags",
      "prioritized",
      "forceUpgrade",
      "tamperProtectionActive",
      ...DIAGNOSTICS,
      ...TEMPLATE,
    ],
    deletable: true,
    update: "key and changes",
    keyOnly: ["delete", "resetCLIPassword", "waitForCLIPassword"],
  },
  {
    id: t.integer(),
    /** `DOMAIN\HOST`. Can be changed where it is a template. */
    name: t.string(),
    /** Can be changed, unless `automaticPolicy` or `localApproval` is on. See {@link Computer.policy}. */
    policyId: t.integer(),
    policyName: t.string(),
    /** The policy before this one. From 8.0 on. */
    previousPolicyId: t.integer(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed. */
    computerTag: t.string(),
    /** Can be changed: whether the policy follows from Active Directory. Not together with `localApproval`. */
    automaticPolicy: t.boolean(),
    /** Can be changed: whether new files on it are approved there. Not together with `automaticPolicy`. */
    localApproval: t.boolean(),
    /** The users who logged in last, with commas between them. */
    users: t.string(),
    ipAddress: t.string(),
    macAddress: t.string(),
    connected: t.boolean(),
    /** From 8.0 on. */
    isActive: t.boolean(),
    /** What the agent does with files that are neither approved nor banned. */
    enforcementLevel: t.code(EnforcementLevel),
    /** The same while it cannot reach the server. */
    disconnectedEnforcementLevel: t.code(EnforcementLevel),
    /** The password of the agent's command line. Needs "Manage computers". Never printed. */
    CLIPassword: t.string(),
    /** When the agent last registered. */
    lastRegisterDate: t.dateTime(),
    /** When the agent last asked the server for work. */
    lastPollDate: t.dateTime(),
    dateCreated: t.dateTime(),
    osShortName: t.string(),
    osName: t.string(),
    platformId: t.code(Platform),
    /** `Yes`, `No` or the like. */
    virtualized: t.string(),
    virtualPlatform: t.string(),
    agentVersion: t.string(),
    daysOffline: t.integer(),
    uninstalled: t.boolean(),
    /** The entry is disabled and still listed: `deleted:false` leaves such out. */
    deleted: t.boolean(),
    /** From 8.0 on: whether other entries have its name. */
    hasDuplicates: t.boolean(),
    processorCount: t.integer(),
    /** In MHz. */
    processorSpeed: t.number(),
    processorModel: t.string(),
    machineModel: t.string(),
    /** In MB. */
    memorySize: t.integer(),
    /** `Up to date`, for one. */
    upgradeStatus: t.string(),
    upgradeError: t.string(),
    upgradeErrorTime: t.dateTime(),
    upgradeErrorCount: t.integer(),
    /** What the agent has still to do, see {@link SyncFlag}. */
    syncFlags: t.integer(),
    /** From 0 to 100. */
    syncPercent: t.integer(),
    /** From 0 to 100. From 8.0 on. */
    initPercent: t.integer(),
    /** Can be changed: what the agent is asked to do, see {@link RefreshFlag}. */
    refreshFlags: t.integer(),
    /** `Up to date` once the agent has taken over its policy. */
    policyStatusDetails: t.string(),
    /** `Approvals out of date`, for one. From 8.0 on. */
    policyStatus: t.string(),
    /** Can be changed: whether it is served before others. */
    prioritized: t.boolean(),
    /** Can be changed: from 0 to 8. -1 may be read. */
    debugLevel: between(0, 8),
    /** Can be changed: from 0 to 5. */
    kernelDebugLevel: between(0, 5),
    /** Can be changed: the diagnostics that the agent is asked for, see {@link DebugFlag}. */
    debugFlags: t.integer(),
    /** Can be changed: for how long the debug levels hold, in minutes. */
    debugDuration: t.integer(),
    /** The level that the agent reports. From 8.0 on. */
    activeDebugLevel: t.integer(),
    /** The level that the agent reports. From 8.0 on. */
    activeKernelDebugLevel: t.integer(),
    /** The flags that the agent reports, see {@link DebugFlag}. From 8.0 on. */
    activeDebugFlags: t.integer(),
    /** Can be changed: starts a check of the agent's cache. */
    ccLevel: t.code(CacheCheckLevel),
    /** Can be changed: how that check goes about it, see {@link CacheCheckFlag}. */
    ccFlags: t.integer(),
    supportedKernel: t.boolean(),
    hasHealthCheckErrors: t.boolean(),
    initializing: t.boolean(),
    /** Can be changed: has the agent upgraded. */
    forceUpgrade: t.boolean(),
    /** The version of the list of rules that the agent has. */
    clVersion: t.integer(),
    /** How many the agent has, 0 for none. */
    agentMemoryDumps: t.integer(),
    /** How many the system has, 0 for none. */
    systemMemoryDumps: t.integer(),
    /** Can be changed; it reads as before until the agent has reported that it did so. */
    tamperProtectionActive: t.boolean(),
    agentCacheSize: t.integer(),
    agentQueueSize: t.integer(),
    tdCount: t.integer(),
    /** Can be changed: whether others are cloned from it. Only a computer that is offline and initialised becomes one. */
    template: t.boolean(),
    /** The template that it is a clone of, 0 for none. */
    templateComputerId: t.integer(),
    templateDate: t.dateTime(),
    /** Can be changed: when clones of this template are removed. */
    templateCloneCleanupMode: t.code(CloneCleanupMode),
    /** Can be changed: after how long, in the unit of `templateCloneCleanupTimeScale`. */
    templateCloneCleanupTime: t.integer(),
    /** Can be changed. */
    templateCloneCleanupTimeScale: t.code(CloneCleanupTimeScale),
    /** Can be changed: whether clones report new and modified files only. */
    templateTrackModsOnly: t.boolean(),
    /** Its sensor's id on the EDR server, 0 for none. */
    cbSensorId: t.integer(),
    cbSensorVersion: t.string(),
    /** Which parts of the EDR sensor run, see {@link SensorFlag}. */
    cbSensorFlags: t.integer(),
    SCEPStatus: t.code(ScepStatus),
    get policy() {
      return foreign(Policy, "policyId");
    },
    /** The template that it is a clone of; `undefined` when it is none. */
    get templateComputer() {
      return foreign(Computer, "templateComputerId");
    },
  },
) {
  /** What `set()` takes beside the fields. */
  declare readonly [assignable]: { readonly policy: ModelOrKey<Policy> };

  /** @internal A search for computers, which has not been sent: `GET /computer`. */
  static query(client: ModelHost): ProtectionQuery<Computer> {
    return ProtectionQuery.of(client, Computer);
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
  get fileInstances(): ProtectionQuery<FileInstance> {
    const id = savedNumber(this, "list its files");
    return FileInstance.query(Computer.stateOf(this).client).where(`computerId:${id}`);
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

  protected override verifyWritten(
    sent: ReadonlyMap<string, unknown>,
    entry: Entry,
    options: CallOptions,
  ): Promise<void> {
    return verifyReported(this, sent, entry, options);
  }
}
