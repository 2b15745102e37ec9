// App Control in the developer guide: its samples, run as they are printed there, on the data that they were printed from.
import { inspect } from "node:util";
import {
  CbEnterpriseProtectionAPI,
  CbProtectionAPI,
  Computer,
  FileInstance,
  MoreThanOneResultError,
  ObjectNotFoundError,
  Policy,
} from "cbapi/protection";
import { beforeEach, describe, expect, it } from "vitest";
import { asked, cb, other, sandbox, useProtection } from "../support/given-protection.js";

// Each test moves the guide's computer from where it was at the start.
useProtection();

/** Python's name for the client in the samples. */
let p: CbProtectionAPI;
beforeEach(() => {
  p = cb;
});

/** The policy that the server has for a computer, whatever `p` believes. */
async function policyOf(id: number): Promise<number | undefined> {
  return (await other.select(Computer, id)).policyId;
}

describe("the front page", () => {
  it("prints the host of the first file instance, in two requests", async () => {
    const fi = p.select(FileInstance).first();
    expect(await fi.computer.name).toBe("DOMAIN\\MYHOSTNAME");
    expect(asked()).toEqual(["fileInstance?limit=1&offset=0", "computer/1"]);
  });

  it("moves the computer to policy 3, and later reads of the join see it", async () => {
    const fi = await p.select(FileInstance).first();
    if (fi === undefined) throw new Error("there are no files");
    expect(await fi.computer?.name).toBe("DOMAIN\\MYHOSTNAME");
    expect((await p.select(Policy, 3)).name).toBe("High Enforcement");
    sandbox.requests.clear();

    const computer = await fi.computer;
    if (computer === undefined) throw new Error("the file is on no computer");
    computer.policyId = 3;
    await computer.save();

    expect(asked()).toEqual(["PUT computer/1"]);
    expect(await fi.computer?.policyId).toBe(3);
    expect(await p.select(FileInstance, 1).computer.policyName).toBe("High Enforcement");
    expect(await policyOf(1)).toBe(3);
  });

  it("keeps what was assigned through the join until a later read of the same join saves it, as printed", async () => {
    const fi = await p.select(FileInstance).first();
    const assigned = await fi?.computer;
    if (assigned === undefined) throw new Error("the file is on no computer");
    // fi.computer.policyId = 3
    assigned.policyId = 3;
    // fi.computer.save()
    await (await fi?.computer)?.save();
    expect(await policyOf(1)).toBe(3);
    expect(assigned.isDirty()).toBe(false);
  });

  it("does not take an assignment to what may not be loaded yet: nothing is lost without a word", () => {
    const fi = p.select(FileInstance).first();
    expect(() => {
      // @ts-expect-error -- a Ref is read, and what is awaited is changed
      fi.computer.policyId = 3;
    }).toThrow(TypeError);
    expect(asked()).toEqual([]);
  });

  it("takes a policy in the place of its id", async () => {
    const computer = await p.select(FileInstance, 1).computer;
    if (computer === undefined) throw new Error("the file is on no computer");
    computer.policy = await p.select(Policy, 3);
    await computer.save();
    expect(await computer.policy?.name).toBe("High Enforcement");
    expect(await policyOf(1)).toBe(3);
  });
});

describe("4.3 Concepts, for App Control", () => {
  it("has the client under both of its names", () => {
    expect(CbEnterpriseProtectionAPI).toBe(CbProtectionAPI);
  });

  it("prints a file instance with all its properties and their values", async () => {
    const lines = inspect(await p.select(FileInstance, 1)).split("\n");
    expect(lines[0]).toContain("FileInstance object");
    for (const text of ["fileName: net.exe", "computerId: 1", "localState: 2"]) {
      expect(lines.some((line) => line.trim() === text)).toBe(true);
    }
  });

  it("sends no request for a query before it is read, and one for each reading", async () => {
    const base = p.select(Computer).where("name:WORKGROUP*");
    const composed = base.where("osShortName:Windows*").sort("name asc");
    expect(asked()).toEqual([]);
    expect(await base.count()).toBe(4);
    const computers = await composed.all();
    expect(computers.map(({ name }) => name)).toEqual(computers.map(({ name }) => name).sort());
    expect(asked()).toHaveLength(2);
  });

  it("asks for a thousand results at a time", async () => {
    await p.select(FileInstance).all();
    expect(asked()).toEqual(["fileInstance?limit=1000&offset=0&sort=id ASC"]);
  });

  it("gives one, the first, or an error that says how many there were", async () => {
    expect((await p.select(Computer).where("name:DOMAIN*").one()).id).toBe(1);
    expect(await p.select(Computer).where("name:NOBODY").first()).toBeUndefined();
    await expect(p.select(Computer).where("name:WORKGROUP*").one()).rejects.toThrow(MoreThanOneResultError);
    await expect(p.select(Computer).where("name:NOBODY").one()).rejects.toThrow(MoreThanOneResultError);
  });

  it("asks for an object by its id when something is read of it", async () => {
    const computer = p.select(Computer, 1);
    expect(asked()).toEqual([]);
    expect(await computer.name).toBe("DOMAIN\\MYHOSTNAME");
    expect(asked()).toEqual(["computer/1"]);
    await expect(p.select(Computer, 4711)).rejects.toThrow(ObjectNotFoundError);
  });
});
