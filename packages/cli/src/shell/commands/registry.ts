import { LiveResponseError } from "cbapi";
import type { RegistryData, RegistryKeyContent, RegistryValue, RegistryValueType } from "cbapi/response";
import { safeData, safeText } from "../../text-safety.js";
import { attachmentOf, type Call, type ShellCommand, ShellUsageError } from "../command.js";

const types: readonly RegistryValueType[] = [
  ...(["REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY", "REG_NONE"] as const),
];

const reg: ShellCommand = {
  name: "reg",
  usage: "query PATH | enum KEY | set PATH DATA... [-t TYPE] [-k] | add KEY | delete KEY | delete -v PATH",
  summary: "read and change the endpoint's registry",
  details: [
    "query   a value (HKLM\\...\\name), or a key with what is in it",
    "enum    the values in a key and the keys below it",
    "set     write a value; whole numbers become REG_DWORD, several words REG_MULTI_SZ, other text REG_SZ",
    "          -t TYPE  another type; REG_BINARY takes hexadecimal digits",
    "          -k       keep a value that exists",
    "add     make a key",
    "delete  remove a key; with -v a value",
  ],
  options: { t: "value", k: "flag", v: "flag" },
  words: [2, 100],
  subcommands: ["query", "enum", "set", "add", "delete"],
  arguments: ["none"],
  async run(call) {
    const { session } = attachmentOf(call);
    const { signal } = call;
    const [action = "", path = "", ...data] = call.words;
    if (data.length > 0 && action !== "set") {
      throw new ShellUsageError(`${data[0]} is one word too many: names with blanks are put in "quotes".`, reg);
    }
    switch (action.toLowerCase()) {
      case "query":
        return query(call, path);
      case "enum":
        return show(call, path, await session.listRegistryKeysAndValues(path, { signal }));
      case "set": {
        const given = call.value("t");
        const valueType = given === undefined ? undefined : typeNamed(given);
        const overwrite = !call.flag("k");
        return session.setRegistryValue(path, dataOf(data, valueType), { signal, overwrite, valueType });
      }
      case "add":
      case "create":
        return session.createRegistryKey(path, { signal });
      case "delete":
      case "del":
        return call.flag("v")
          ? session.deleteRegistryValue(path, { signal })
          : session.deleteRegistryKey(path, { signal });
      default:
        throw new ShellUsageError(`reg cannot ${action}.`, reg);
    }
  },
};

/** A value; where there is none of that name, the key. */
async function query(call: Call, path: string): Promise<void> {
  const { session } = attachmentOf(call);
  const { signal, terminal } = call;
  let refused: LiveResponseError;
  try {
    const value = safeData(await session.getRegistryValue(path, { signal }));
    terminal.print(valueText(value));
    return;
  } catch (error) {
    if (!(error instanceof LiveResponseError)) throw error;
    refused = error;
  }
  const content = await session.listRegistryKeysAndValues(path, { signal }).catch(() => {
    signal.throwIfAborted();
    throw refused;
  });
  show(call, path, content);
}

function show({ terminal }: Call, path: string, content: RegistryKeyContent): void {
  const { values, sub_keys } = safeData(content);
  terminal.print(terminal.colors.bold(safeText(path)));
  for (const value of values) terminal.print(`    ${valueText(value)}`);
  for (const name of sub_keys) terminal.print(`    ${terminal.colors.cyan(`${name}\\`)}`);
}

/** `Shell    REG_SZ    explorer.exe` */
function valueText({ value_name, value_type, value_data }: RegistryValue): string {
  const data = Array.isArray(value_data) ? value_data.join("\\0") : String(value_data);
  const number = /^REG_(D|Q)WORD/.test(value_type) && /^\d+$/.test(data);
  const name = value_name === "" ? "(Default)" : value_name;
  return `${name}    ${value_type}    ${number ? `0x${BigInt(data).toString(16)} (${data})` : data}`;
}

function typeNamed(text: string): RegistryValueType {
  const wanted = text.toUpperCase();
  const found = types.find((type) => type === wanted || type === `REG_${wanted}`);
  if (found === undefined) throw new ShellUsageError(`${text} is no type: ${types.join(", ")}.`, reg);
  return found;
}

/** What was typed, as data of that type or of the one that it looks like. */
export function dataOf(words: readonly string[], type: RegistryValueType | undefined): RegistryData {
  const [first, ...more] = words;
  if (first === undefined) throw new ShellUsageError("Which data?", reg);
  if (type === "REG_MULTI_SZ" || (type === undefined && more.length > 0)) return words;
  if (more.length > 0) throw new ShellUsageError("Data with blanks are put in quotes.", reg);
  switch (type) {
    case undefined:
      return /^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(first) ? numberOf(first) : first;
    case "REG_DWORD":
    case "REG_QWORD":
      if (!/^(\d+|0x[0-9a-f]+)$/i.test(first)) throw new ShellUsageError(`${first} is no whole number.`, reg);
      return numberOf(first);
    case "REG_BINARY":
    case "REG_NONE": {
      const digits = first.replace(/^0x/i, "");
      if (!/^([0-9a-f]{2})*$/i.test(digits)) {
        throw new ShellUsageError(`${first} is not a row of bytes in hexadecimal digits, such as 0aff.`, reg);
      }
      return Buffer.from(digits, "hex");
    }
    default:
      return first;
  }
}

function numberOf(text: string): number | bigint {
  const value = BigInt(text);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

export const registryCommands: readonly ShellCommand[] = [reg];
