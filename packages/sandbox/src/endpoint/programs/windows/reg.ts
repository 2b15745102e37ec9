import type { Steps } from "../../../steps.js";
import { failureText } from "../../failures.js";
import type { RegistryValue } from "../../machine.js";
import { type Registry, ROOTS } from "../../registry/registry.js";
import type { Call, Program } from "../program.js";

const DONE = "The operation completed successfully.\r\n";
const MISSING = "ERROR: The system was unable to find the specified registry key or value.\r\n";
const DEEPEST = 512;

/** `reg query`, `reg add` and `reg delete`. */
export const reg: Program = (call) => {
  const [verb = "", path = ""] = call.arguments;
  const { registry } = call.host;
  const work = { query, add, delete: remove }[verb.toLowerCase()];
  if (registry === undefined || work === undefined || path === "") {
    call.error.write(`ERROR: Invalid syntax.\r\nType "REG ${verb.toUpperCase()} /?" for usage.\r\n`);
    return 1;
  }
  const [root = "", ...names] = path.replace(/\\+$/, "").split("\\");
  const key = [ROOTS[root.toUpperCase()] ?? root, ...names].join("\\");
  if (!Object.values(ROOTS).includes(key.split("\\")[0]?.toUpperCase() ?? "")) {
    call.error.write('ERROR: Invalid key name.\r\nType "REG QUERY /?" for usage.\r\n');
    return 1;
  }
  return work(call, registry, key);
};

/** What stands behind a switch. */
function after({ arguments: words }: Call, name: string): string | undefined {
  const at = words.findIndex((word) => word.toLowerCase() === name);
  return at < 0 ? undefined : (words[at + 1] ?? "");
}

const has = ({ arguments: words }: Call, name: string): boolean => words.some((word) => word.toLowerCase() === name);

function* query(call: Call, registry: Registry, path: string): Steps<number> {
  const name = has(call, "/ve") ? "" : after(call, "/v");
  const deep = has(call, "/s");
  let shown = 0;
  const ahead = [path];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    yield;
    let found: ReturnType<Registry["enumerate"]>;
    try {
      found = registry.enumerate(at);
    } catch (refusal) {
      if (at !== path) continue;
      call.error.write(failureText(refusal) === "Access is denied." ? "ERROR: Access is denied.\r\n" : MISSING);
      return 1;
    }
    const values = found.values.filter(
      (value) => name === undefined || value.value_name.toLowerCase() === name.toLowerCase(),
    );
    if (values.length > 0) call.out.write(`\r\n${at}\r\n${values.map(valueLine).join("")}`);
    shown += values.length;
    if (name === undefined && !deep) {
      const keys = found.sub_keys.map((each) => `${at}\\${each}\r\n`);
      call.out.write(values.length > 0 || keys.length > 0 ? `\r\n${keys.join("")}` : "");
      return 0;
    }
    if (deep && at.split("\\").length < DEEPEST)
      ahead.push(...found.sub_keys.map((each) => `${at}\\${each}`).reverse());
  }
  if (shown === 0 && name !== undefined) {
    call.error.write(MISSING);
    return 1;
  }
  call.out.write(deep ? `\r\nEnd of search: ${shown} match(es) found.\r\n` : "\r\n");
  return 0;
}

function valueLine({ value_name, value_type, value_data }: RegistryValue): string {
  const data =
    typeof value_data === "number"
      ? `0x${value_data.toString(16)}`
      : Array.isArray(value_data)
        ? value_data.join("\\0")
        : /^REG_(BINARY|NONE)$/.test(value_type)
          ? Buffer.from(value_data, "base64").toString("hex").toUpperCase()
          : value_data;
  return `    ${value_name === "" ? "(Default)" : value_name}    ${value_type}    ${data}\r\n`;
}

function add(call: Call, registry: Registry, path: string): number {
  const name = has(call, "/ve") ? "" : after(call, "/v");
  const type = (after(call, "/t") ?? "REG_SZ").toUpperCase();
  const text = after(call, "/d") ?? "";
  try {
    registry.createKey(path);
    if (name === undefined) {
      call.out.write(DONE);
      return 0;
    }
    // Without /f it would ask, and nobody answers.
    if (!has(call, "/f") && registry.find(path)?.value(name) !== undefined) {
      call.out.write(`Value ${name} exists, overwrite(Yes/No)? The operation was canceled by the user.\r\n`);
      return 1;
    }
    registry.set(`${path}\\${name}`, type, dataOf(type, text), true);
  } catch (refusal) {
    call.error.write(`ERROR: ${failureText(refusal)}\r\n`);
    return 1;
  }
  call.out.write(DONE);
  return 0;
}

function dataOf(type: string, text: string): unknown {
  if (type === "REG_MULTI_SZ") return text.split("\\0").filter((each) => each !== "");
  if (type === "REG_BINARY" || type === "REG_NONE") return Buffer.from(text, "hex").toString("base64");
  return text;
}

function* remove(call: Call, registry: Registry, path: string): Steps<number> {
  const name = has(call, "/ve") ? "" : after(call, "/v");
  if (!has(call, "/f")) {
    call.out.write(
      `Permanently delete the registry ${name === undefined ? "key" : "value"} ${name ?? path} (Yes/No)? The operation was canceled by the user.\r\n`,
    );
    return 1;
  }
  try {
    if (name !== undefined) registry.deleteValue(`${path}\\${name}`);
    else yield* removeTree(registry, path);
  } catch (refusal) {
    call.error.write(failureText(refusal) === "Access is denied." ? "ERROR: Access is denied.\r\n" : MISSING);
    return 1;
  }
  call.out.write(DONE);
  return 0;
}

/** A key with everything below it, the deepest first. */
function* removeTree(registry: Registry, top: string): Steps<void> {
  const found = [top];
  for (let at = 0; at < found.length; at++) {
    const path = found[at] ?? "";
    for (const name of registry.enumerate(path).sub_keys) found.push(`${path}\\${name}`);
    yield;
  }
  for (const path of found.reverse()) {
    registry.deleteKey(path);
    yield;
  }
}
