import { describe, expect, it } from "vitest";
import { KINDS, type Kind } from "../objects/index.js";
import { asker, startSmall } from "../samples.js";

const readable = [...KINDS.values()].filter(({ name }) => name !== "notification");
const of8 = readable.filter(({ since }) => since === 8);
const visible = ({ fields }: Kind, has8: boolean): string[] =>
  Object.keys(fields).filter((name) => has8 || fields[name]?.since === undefined);

describe("every kind", () => {
  it("is listed, counted and found by id with all of its fields, and 404 by an unknown one", async () => {
    await using small = await startSmall();
    for (const kind of readable) {
      const list = await small.ask("GET", `${kind.name.toUpperCase()}?limit=0`);
      expect([kind.name, list.status, list.body.length > 0]).toEqual([kind.name, 200, true]);
      const [first] = list.body;
      expect(Object.keys(first), kind.name).toEqual(visible(kind, true));
      expect((await small.ask("GET", `${kind.name}/${first.id}`)).body, kind.name).toEqual(first);
      const { body: count } = await small.ask("GET", `${kind.name}?limit=-1`);
      expect([kind.name, count]).toEqual([kind.name, { count: list.body.length }]);
      for (const id of ["999999", "0", "x", "-1", "1.5"]) {
        const missing = await small.ask("GET", `${kind.name}/${id}`);
        expect([kind.name, id, missing.status]).toEqual([kind.name, id, 404]);
        expect(missing.body).toEqual({ Message: expect.stringContaining(kind.name) });
      }
    }
    expect(small.sandbox.requests.failures()).toEqual([]);
  });

  it("has each of its fields searched, sorted and grouped by without an internal error", async () => {
    await using small = await startSmall();
    for (const { name, fields } of readable) {
      for (const [field, { type }] of Object.entries(fields)) {
        if (type === "list") continue;
        for (const query of [`q=${field}:`, `q=${field}!`, `sort=${field} desc`, `group=${field}`]) {
          const { status } = await small.ask("GET", `${name}?${query}&limit=2`);
          expect([name, query, status]).toEqual([name, query, 200]);
        }
      }
    }
  });

  it("has the objects and fields of its version only", async () => {
    await using small = await startSmall({ versions: { protection: "7.2.3.1100" } });
    for (const kind of readable) {
      const { status, body } = await small.ask("GET", `${kind.name}?limit=1`);
      expect([kind.name, status]).toEqual([kind.name, of8.includes(kind) ? 404 : 200]);
      if (status === 200) expect(Object.keys(body[0]), kind.name).toEqual(visible(kind, false));
    }
    expect(of8.map(({ name }) => name).sort()).toEqual([
      ...["driftReport", "driftReportContents", "grantedUserPolicyPermission", "publisherCertificate", "scriptRule"],
      ...["trustedDirectory", "trustedUser", "user", "userGroup"],
    ]);
    expect((await small.ask("GET", "computer?q=previousPolicyId:1")).status).toBe(400);
    expect((await small.ask("POST", "policy", { name: "X" })).status).toBe(405);
    expect((await small.ask("GET", "fileRule/1")).body.policyIds).toBe("0");
    const config = await small.ask("GET", "serverConfig?q=name:ParityServerVersion");
    expect(config.body).toMatchObject([{ value: "7.2.3.1100" }]);
    const { body } = await small.ask("GET", "fileInstance?expand=computerId&limit=1");
    expect(body[0]).not.toHaveProperty("computerId_name");
  });

  it("refuses verbs that it has not with 405, and tells which it has", async () => {
    await using small = await startSmall();
    const allowed: Record<string, string> = {
      ...{ event: "GET, HEAD", serverConfig: "GET, HEAD", fileCatalog: "GET, HEAD", notifier: "GET, HEAD" },
      ...{ notification: "POST", computer: "GET, HEAD, POST", fileRule: "GET, HEAD, POST" },
      ...{ pendingAnalysis: "GET, HEAD, POST, PUT" },
    };
    for (const [name, allow] of Object.entries(allowed)) {
      const reply = await small.ask("DELETE", name);
      expect([name, reply.status, reply.headers.get("allow")]).toEqual([name, 405, allow]);
      expect(reply.body).toEqual({ Message: expect.any(String) });
    }
    for (const name of ["fileInstance", "approvalRequest", "updater", "fileUpload", "pendingAnalysis"]) {
      expect((await small.ask("DELETE", `${name}/1`)).status, name).toBe(405);
    }
    expect((await small.ask("GET", "nothing")).status).toBe(404);
  });

  it("is for those who may see and change it: others get 401 with the permission's name", async () => {
    await using small = await startSmall();
    const none = small.as({ rights: [] });
    for (const { name, view } of readable) {
      const { status, body } = await none("GET", `${name}?limit=1`);
      expect([name, status, body]).toEqual([name, 401, { Message: expect.stringContaining(`"${view}"`) }]);
    }
    const viewer = small.as({ rights: ["View computers", "View files"] });
    expect((await viewer("GET", "computer/2")).body).toMatchObject({ id: 2, CLIPassword: "" });
    expect((await viewer("GET", "computer?q=CLIPassword!&limit=-1")).body).toEqual({ count: 0 });
    expect((await viewer("PUT", "computer/2", {})).body.Message).toContain('"Manage computers"');
    expect((await viewer("GET", "fileInstance?expand=computerId&limit=1")).status).toBe(200);
    const files = small.as({ rights: ["View files"] });
    expect((await files("GET", "fileInstance?expand=computerId&limit=1")).status).toBe(401);
    const manager = small.as({ rights: ["View computers", "Manage computers"] });
    expect((await manager("GET", "computer/2")).body.CLIPassword).toMatch(/^[0-9a-f-]{14}$/);
    expect((await manager("PUT", "computer/2", { computerTag: "x" })).status).toBe(200);
    for (const flag of ["changeDiagnostics", "changeTemplate", "newTamperProtectionActive", "resetCLIPassword"]) {
      const { status, body } = await manager("PUT", `computer/2?${flag}=true`, {});
      expect([flag, status, body.Message]).toEqual([flag, 401, expect.stringContaining("Change advanced options")]);
    }
    const events = small.as({ rights: ["View events"] });
    expect((await events("GET", "event?q=commandLine!&limit=-1")).body).toEqual({ count: 0 });
    expect((await small.ask("GET", "event?q=commandLine!&limit=-1")).body.count).toBeGreaterThan(0);
  });

  it("asks for a token, and tells so in its own form", async () => {
    await using small = await startSmall();
    const wrong = await asker(small.sandbox, "wrong-token")("GET", "computer");
    expect([wrong.status, wrong.body]).toEqual([401, { Message: "Authorization has been denied for this request." }]);
  });

  it("ignores what cannot be written, refuses what has the wrong type or value, and takes any case", async () => {
    await using small = await startSmall();
    const { body } = await small.ask("PUT", "computer/2", {
      COMPUTERTAG: "tag",
      osName: "none",
      name: "X",
      nothing: 1,
    });
    expect(body).toMatchObject({ computerTag: "tag", osName: "Windows Server 2012, 64-bit", id: 2 });
    expect(body.name).toMatch(/WIN-/);
    for (const [path, change, named] of [
      ["computer/2", { description: 5 }, "description"],
      ["computer/2", { policyId: "3" }, "policyId"],
      ["computer/2", { policyId: 99 }, "policyId"],
      ["computer/2", { policyId: 0 }, "policyId"],
      ["computer/2", { prioritized: "true" }, "prioritized"],
      ["computer/2?changeDiagnostics=true", { ccLevel: 4 }, "ccLevel"],
      ["computer/2?changeDiagnostics=maybe", {}, "changeDiagnostics"],
      ["fileInstance/1", { localState: 3 }, "localState"],
      ["policy/3", { enforcementLevel: 25 }, "enforcementLevel"],
      ["computer/2", [], "object"],
      ["computer/2", "{", "JSON"],
    ] as const) {
      const reply = await small.ask("PUT", path, change);
      expect([path, reply.status, reply.body.Message]).toEqual([path, 400, expect.stringContaining(named)]);
    }
    expect((await small.ask("PUT", "computer/999", {})).status).toBe(404);
    expect((await small.ask("POST", "computer", { computerTag: "x" })).status).toBe(400);
    expect((await small.ask("POST", "computer", { id: 999 })).status).toBe(404);
    expect((await small.ask("POST", "computer", { id: 2, computerTag: "again" })).body.computerTag).toBe("again");
  });

  it("answers writes with the object, with its id or with nothing", async () => {
    await using small = await startSmall();
    const made = await small.ask("POST", "trustedUser", { name: "a", userSid: "S-1", description: "b", platformId: 1 });
    expect(made).toMatchObject({ status: 201, body: { id: 2, name: "a", createdBy: "admin", createdByUserId: 1 } });
    expect(made.headers.get("location")).toBe(`${small.sandbox.url}/api/bit9platform/v1/trustedUser/2`);
    small.sandbox.behaviour.writeAnswers = "id";
    expect((await small.ask("PUT", "trustedUser/2", { name: "c" })).body).toEqual({ id: 2 });
    small.sandbox.behaviour.writeAnswers = "empty";
    const empty = await small.ask("PUT", "trustedUser/2", { name: "d" });
    expect([empty.status, empty.body.length]).toEqual([200, 0]);
    expect((await small.ask("GET", "trustedUser/2")).body.name).toBe("d");
    expect((await small.ask("DELETE", "trustedUser/2")).status).toBe(200);
    expect((await small.ask("GET", "trustedUser/2")).status).toBe(404);
  });

  it("answers whatever it is sent: with 200, or with the name of what is wrong", async () => {
    await using small = await startSmall();
    const odd = [null, 1.5, 1e300, true, "\u0000", "1,2,x", [[{}]]];
    for (const kind of KINDS.values()) {
      const writable = Object.entries(kind.fields).filter(([, { writable }]) => writable !== undefined);
      const gates = kind.name === "computer" ? "?changeTemplate=true&changeDiagnostics=true" : "";
      for (const [field] of [["id"], ...writable]) {
        for (const value of odd) {
          for (const [method, path] of [
            ["POST", kind.name],
            ["PUT", `${kind.name}/2`],
          ] as const) {
            const { status, body } = await small.ask(method, path + gates, { [field ?? ""]: value });
            const what = [method, path, field, value, status];
            expect([200, 201, 400, 403, 404, 405].includes(status), JSON.stringify(what)).toBe(true);
            if (status > 201) expect(body, JSON.stringify(what)).toEqual({ Message: expect.any(String) });
          }
        }
      }
    }
    expect(small.sandbox.requests.failures()).toEqual([]);
    for (const { name } of readable) expect((await small.ask("GET", `${name}?limit=0`)).status, name).toBe(200);
  });
});
