import { describe, expect, it } from "vitest";
import { asker, startSmall } from "../samples.js";

const TOKEN = "0123456789abcdef-console";

describe("a user of the console who has a token", () => {
  it("may do what his groups may do, for as long as he and they are enabled", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const asUser = asker(sandbox, TOKEN);
    expect((await asUser("GET", "computer?limit=1")).status).toBe(401);
    const user = { name: "analyst", apiToken: TOKEN, userGroupIds: "3" };
    const { id } = (await ask("POST", "user", user)).body;
    expect((await asUser("GET", "computer?limit=1")).status).toBe(200);
    const refused = await asUser("PUT", "computer/2", { computerTag: "x" });
    expect([refused.status, refused.body.Message]).toEqual([401, 'analyst lacks the permission "Manage computers"']);
    const change = async (changes: object) => expect((await ask("PUT", `user/${id}`, changes)).status).toBe(200);
    await change({ userGroupIds: "2,3" });
    expect((await asUser("PUT", "computer/2", { computerTag: "x" })).status).toBe(200);
    expect((await asUser("POST", "policy", { name: "x" })).body.Message).toContain("Manage policies");
    await change({ userGroupIds: "1" });
    const made = await asUser("POST", "policy", { name: "x" });
    expect([made.status, made.body.createdByUserId]).toEqual([201, id]);
    await change({ userGroupIds: "" });
    expect((await asUser("GET", "computer?limit=1")).body.Message).toContain("View computers");
    await change({ userGroupIds: "3" });
    await ask("PUT", "userGroup/3", { enabled: false });
    expect((await asUser("GET", "computer?limit=1")).status).toBe(401);
    await ask("PUT", "userGroup/3", { enabled: true, permissions: "4" });
    expect((await asUser("GET", "fileCatalog?limit=1")).status).toBe(200);
    expect((await asUser("GET", "computer?limit=1")).status).toBe(401);
    await change({ enabled: false });
    expect((await asUser("GET", "fileCatalog?limit=1")).body.Message).toBe(
      "Authorization has been denied for this request.",
    );
  });

  it("is nobody to EDR and to the control routes, nor to a server before 8.0; his token stays out of the log", async () => {
    await using small = await startSmall({ versions: { protection: "7.2.3.1100" } });
    const { sandbox } = small;
    const user = { id: 40, name: "analyst", apiToken: TOKEN, userGroupIds: "1", enabled: true };
    await sandbox.put("protection_user", user);
    expect((await asker(sandbox, TOKEN)("GET", "computer?limit=1")).status).toBe(401);
    await using newer = await startSmall();
    expect((await newer.ask("GET", "user?limit=1")).status).toBe(200);
    await newer.sandbox.put("protection_user", user);
    expect((await asker(newer.sandbox, TOKEN)("GET", `computer?limit=1&sort=${TOKEN}`)).status).toBe(400);
    expect(JSON.stringify(newer.sandbox.requests.entries())).not.toContain(TOKEN);
    const status = async (path: string, token = TOKEN): Promise<number> => {
      const request = new Request(`${newer.sandbox.url}${path}`, { headers: { "x-auth-token": token } });
      return (await newer.sandbox.handle(request)).status;
    };
    expect([await status("/api/v1/sensor"), await status("/_sandbox")]).toEqual([401, 403]);
    // Who was deleted on EDR steers nothing any more, whatever App Control makes of his token.
    const { token } = newer.sandbox.tokens.add({ username: "boss", globalAdmin: true });
    expect([await status("/_sandbox", token), await status("/api/v1/sensor", token)]).toEqual([200, 200]);
    const gone = new Request(`${newer.sandbox.url}/api/user/boss`, {
      method: "DELETE",
      headers: { "x-auth-token": newer.sandbox.token },
    });
    expect((await newer.sandbox.handle(gone)).status).toBe(200);
    expect(await status("/_sandbox", token)).toBe(401);
  });
});
