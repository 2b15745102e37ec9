import type { ObjectKind } from "../../domain/index.js";
import type { Store } from "../../store/index.js";
import { type AgentTask, COMPUTER, connectedAt, stored } from "../objects/index.js";

const KEPT = "protection_agent_task";
const left = stored("t", "left");

/** What agents are still to learn or to tell: it waits for so many ticks, or until their computer reports. */
export class AgentTasks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(...tasks: readonly Omit<AgentTask, "id">[]): void {
    const kept = this.#store.internal(KEPT);
    let id = kept.nextKey();
    for (const task of tasks) {
      this.#store.object(KEPT, id, { id, ...task });
      id += 1;
    }
  }

  /** Something becomes true of an object when its computer reports next. */
  atCheckin(computerId: number, kept: ObjectKind, key: number, changes: Record<string, unknown>): void {
    this.add({ computerId, left: 0, atCheckin: true, kept, key, changes });
  }

  /** Something becomes true of an object after so many ticks. */
  after(ticks: number, computerId: number, kept: ObjectKind, key: number, changes: Record<string, unknown>): void {
    this.add({ computerId, left: ticks, atCheckin: false, kept, key, changes });
  }

  /** Withdraws what an object is waiting for. */
  withdraw(kept: ObjectKind, key: number): void {
    const tasks = this.#store.internal(KEPT);
    const waiting = this.#store.database.all<{ key: number }>(
      `SELECT key FROM object t WHERE t.kind = '${KEPT}' AND ${stored("t", "kept")} = ? AND ${stored("t", "key")} = ?`,
      [kept, key],
    );
    for (const task of waiting) tasks.remove(task.key);
  }

  /** Carries out what is due, the earlier first; what waits for computers that are switched off goes on waiting. */
  tick(isCheckin: boolean): void {
    const { database } = this.#store;
    if (database.count("SELECT count(*) AS n FROM object t WHERE t.kind = ?", [KEPT]) === 0) return;
    const tasks = this.#store.internal(KEPT);
    const list = (sql: string, params: number[] = []): AgentTask[] =>
      database.all<{ record: string }>(sql, params).map(({ record }) => JSON.parse(record) as AgentTask);
    for (const task of list(`SELECT t.record FROM object t WHERE t.kind = '${KEPT}' AND ${left} > 0`)) {
      tasks.put(task.id, { ...task, left: task.left - 1 });
    }
    const due = list(
      `SELECT t.record FROM object t WHERE t.kind = '${KEPT}' AND ${left} = 0 AND (${stored("t", "atCheckin")} = 0 OR ?)
       AND (${stored("t", "computerId")} = 0 OR EXISTS (SELECT 1 FROM object c WHERE c.kind = '${COMPUTER.kept}'
         AND c.key = ${stored("t", "computerId")} AND NOT coalesce(${stored("c", "deleted")}, 0) AND ${connectedAt("c").sql}))
       ORDER BY t.key`,
      [isCheckin ? 1 : 0],
    );
    for (const task of due) {
      const objects = this.#store.collection(task.kept as ObjectKind);
      const record = objects.get(task.key);
      if (record !== undefined) objects.put(task.key, { ...record, ...task.changes });
      tasks.remove(task.id);
    }
  }
}
