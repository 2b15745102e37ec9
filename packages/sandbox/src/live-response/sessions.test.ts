import { describe, expect, it, vi } from "vitest";
import { sampleSensor } from "../store/samples.js";
import type { CommandWork } from "./commands/index.js";
import { TinyMachine } from "./samples.js";
import type { LiveSession } from "./session.js";
import { LiveSessions } from "./sessions.js";

const sensor = sampleSensor();

/** Sessions with one endpoint, without a server around them, and one of them with its endpoint there. */
function startSession(): { sessions: LiveSessions; session: LiveSession } {
  const sessions = new LiveSessions({
    endpoints: {
      find: (id) => (id === sensor.id ? sensor : undefined),
      ids: () => [sensor.id],
      machine: () => new TinyMachine(sensor),
      isOnline: () => true,
      switchAll: () => {},
    },
    now: () => 0,
    slots: () => 10,
    settings: { latency: 0 },
    onFailure: (during, error) => {
      throw new Error(during, { cause: error });
    },
  });
  const session = sessions.open(sensor, "admin");
  if (session === undefined) throw new Error("no slot");
  sessions.tick(1, 0);
  return { sessions, session };
}

const command = (run: (work: CommandWork) => void | Promise<void> = () => {}) => ({
  ...{ name: "process list", subject: undefined, echo: {}, prepared: { run } },
});

describe("a session that is never closed", () => {
  it("forgets the oldest of very many commands, and none that has not ended", async () => {
    const { sessions, session } = startSession();
    let letGo = (): void => {};
    const first = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    session.issue(
      command(() => first),
      "admin",
    );
    for (let n = 0; n < 1_100; n++) session.issue(command(), "admin");
    expect(session.commands.size).toBe(1_101);
    letGo();
    await vi.waitFor(() => expect(sessions.stats().commands.completed).toBe(1_101), 20_000);
    session.issue(command(), "admin");
    expect([session.commands.size, session.commands.has(102), session.commands.has(103)]).toEqual([1_000, false, true]);
    await sessions.close();
  });

  it("carries out what is issued in the same turn in which its last command ended", async () => {
    const { sessions, session } = startSession();
    const issued: number[] = [];
    // Whoever waits for an end may ask for the next one at any moment of that turn.
    for (let steps = 0; steps < 30; steps++) {
      const { id } = session.issue(command(), "admin");
      await session.changes.until(() => session.commands.get(id)?.status === "complete", {
        signal: new AbortController().signal,
      });
      for (let step = 0; step < steps; step++) await Promise.resolve();
      issued.push(id);
    }
    expect(issued).toHaveLength(30);
    await vi.waitFor(() => expect(sessions.stats().commands.completed).toBe(30));
    await sessions.close();
  });

  it("lets those that were taken back go at once", async () => {
    const { sessions, session } = startSession();
    const hangs = session.issue(
      command(({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve()))),
      "admin",
    );
    for (let n = 0; n < 3_000; n++) session.cancel(session.issue(command(), "admin"));
    expect(session.commands.size).toBe(1_000);
    expect(session.commands.get(hangs.id)).toBe(hangs);
    await sessions.close();
    expect([sessions.stats().slots.used, session.commands.size]).toEqual([0, 0]);
  });
});
