import { describe, expect, it } from "vitest";
import { BrokerLine, type BrokerMessage, messageIdOf } from "./broker.js";

const address = {
  ...{ hostname: "127.0.0.1", port: 1, username: "u", password: "wr0ng-secret", vhost: "/", tls: false },
};
const message: BrokerMessage = { key: "a.b", contentType: "application/json", messageId: "1", body: Buffer.from("{}") };

describe("a way to a broker that is away", () => {
  it("keeps so many messages, gives up the oldest, and says how many were lost", async () => {
    const told: string[] = [];
    const line = await BrokerLine.open({
      ...{ address, exchange: "x", patient: true, most: 10, flushTime: 20 },
      onFailure: (_, error) => told.push((error as Error).message),
    });
    for (let n = 0; n < 100; n++) line.send(message);
    await line.close();
    line.send(message);
    expect(told.filter((text) => text.startsWith("Too many events wait"))).toHaveLength(1);
    expect(told.at(-1)).toBe("100 events were not sent, as the broker is away");
    expect(told.join()).not.toContain("wr0ng-secret");
  });

  it("fails at once where it is not to wait", async () => {
    const opening = BrokerLine.open({ address, exchange: "x", patient: false, onFailure: () => {} });
    await expect(opening).rejects.toThrow("No message broker answers at 127.0.0.1:1 (ECONNREFUSED)");
  });
});

describe("the id of a message", () => {
  it("is the same for the same event only", () => {
    const id = messageIdOf("a", "b", 1);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(messageIdOf("a", "b", 1)).toBe(id);
    expect(new Set([id, messageIdOf("a", "b", 2), messageIdOf("a", "c", 1), messageIdOf("b", "b", 1)]).size).toBe(4);
  });
});
