import { CbApiError } from "../core/errors.js";
import type { Commands } from "./commands.js";
import { fieldsIn, isFields } from "./protocol.js";
import type {
  CommandOptions,
  RegistryData,
  RegistryKeyContent,
  RegistryValue,
  RegistryValueType,
  SetRegistryValueOptions,
} from "./types.js";

const DWORD = 2n ** 32n;
const QWORD = 2n ** 64n;

export async function listRegistryKeysAndValues(
  commands: Commands,
  key: string,
  options: CommandOptions,
): Promise<RegistryKeyContent> {
  requireKey(key);
  const { result } = await commands.run({ name: "reg enum key", subject: key, reads: true }, options);
  const names = Array.isArray(result["sub_keys"]) ? result["sub_keys"] : [];
  return {
    values: fieldsIn(result["values"]).map((value) => commands.link.dialect.registryValue(value)),
    sub_keys: names.map(String),
  };
}

export async function getRegistryValue(
  commands: Commands,
  path: string,
  options: CommandOptions,
): Promise<RegistryValue> {
  requireKey(path);
  const { result } = await commands.run({ name: "reg query value", subject: path, reads: true }, options);
  const { value } = result;
  if (isFields(value)) return commands.link.dialect.registryValue(value);
  throw new CbApiError(`The server reports success and gives no value for ${path}`, { code: "UNEXPECTED_ANSWER" });
}

export async function setRegistryValue(
  commands: Commands,
  path: string,
  data: RegistryData,
  { overwrite = true, valueType, ...options }: SetRegistryValueOptions,
): Promise<void> {
  requireKey(path);
  const value = registryData(data, valueType);
  const body = { overwrite, value_type: value.type, value_data: value.data };
  await commands.run({ name: "reg set value", subject: path, body }, options);
}

export async function createRegistryKey(commands: Commands, key: string, options: CommandOptions): Promise<void> {
  requireKey(key);
  await commands.run({ name: "reg create key", subject: key }, options);
}

export async function deleteRegistryKey(commands: Commands, key: string, options: CommandOptions): Promise<void> {
  requireKey(key);
  await commands.run({ name: "reg delete key", subject: key }, options);
}

export async function deleteRegistryValue(commands: Commands, path: string, options: CommandOptions): Promise<void> {
  requireKey(path);
  await commands.run({ name: "reg delete value", subject: path }, options);
}

/** Type and data as they are sent. */
export interface SentValue {
  readonly type: RegistryValueType;
  readonly data: string | number | readonly string[];
}

/**
 * Chooses the type for data when none is named, and checks that the data fit.
 * @throws CbApiError when they do not
 */
export function registryData(data: RegistryData, type: RegistryValueType = typeFor(data)): SentValue {
  switch (type) {
    case "REG_DWORD":
    case "REG_DWORD_BIG_ENDIAN":
      return { type, data: wholeNumber(data, type, DWORD) };
    case "REG_QWORD":
      return { type, data: wholeNumber(data, type, QWORD) };
    case "REG_MULTI_SZ":
      if (!Array.isArray(data)) throw unfit(data, type, "a list of texts");
      return { type, data: data.map(String) };
    default:
      if (Array.isArray(data)) throw unfit(data, type, "one value");
      if (data instanceof Uint8Array) {
        if (type === "REG_SZ" || type === "REG_EXPAND_SZ") throw unfit(data, type, "text");
        return { type, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
      }
      // Other types take text as the caller has it: for bytes, servers read base64.
      return { type, data: String(data) };
  }
}

function typeFor(data: RegistryData): RegistryValueType {
  if (data === null || data === undefined) throw unfit(data, "REG_SZ", "a value");
  if (Array.isArray(data)) return "REG_MULTI_SZ";
  if (data instanceof Uint8Array) return "REG_BINARY";
  if (typeof data === "boolean") return "REG_DWORD";
  if (typeof data === "bigint" || (typeof data === "number" && Number.isInteger(data))) {
    return BigInt(data) < DWORD ? "REG_DWORD" : "REG_QWORD";
  }
  return "REG_SZ";
}

/** A number that JSON carries as it is; one that it would round goes as text. */
function wholeNumber(data: RegistryData, type: RegistryValueType, limit: bigint): number | string {
  let value: bigint;
  try {
    if (Array.isArray(data) || data instanceof Uint8Array || data === "") throw new TypeError();
    value = BigInt(data as string | number | bigint | boolean);
  } catch {
    throw unfit(data, type, "a whole number");
  }
  if (typeof data === "number" && !Number.isSafeInteger(data)) {
    throw unfit(data, type, "a number that is exact: write large ones as bigint");
  }
  if (value < 0n || value >= limit) throw unfit(data, type, `a number from 0 to ${limit - 1n}`);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

function unfit(data: unknown, type: RegistryValueType, wanted: string): CbApiError {
  const shown = typeof data === "object" && data !== null ? (Array.isArray(data) ? "a list" : "bytes") : String(data);
  return new CbApiError(`A registry value of type ${type} must be ${wanted}; it is ${shown.slice(0, 100)}`, {
    code: "INVALID_ARGUMENT",
  });
}

function requireKey(key: unknown): asserts key is string {
  if (typeof key === "string" && key !== "") return;
  throw new CbApiError("A key of the registry must be named, such as HKLM\\SOFTWARE", { code: "INVALID_ARGUMENT" });
}
