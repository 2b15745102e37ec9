import { EndpointError, type EndpointMachine, type EndpointRegistry } from "../../endpoint/machine.js";
import { wrongType } from "../../server/write-body.js";
import type { CommandFields, CommandKind } from "./command.js";

/** A command about a key or a value of the registry. */
const registryCommand = (
  name: string,
  prepare: (path: string, fields: CommandFields) => (registry: EndpointRegistry, show: Show) => void,
  parameters: readonly string[] = [],
): CommandKind => ({
  name,
  parameters,
  prepare(fields) {
    const work = prepare(fields.path(), fields);
    return { run: ({ machine, show }) => work(registryOf(machine), show) };
  },
});

type Show = Parameters<ReturnType<CommandKind["prepare"]>["run"]>[0]["show"];

function registryOf({ registry }: EndpointMachine): EndpointRegistry {
  if (registry === undefined) throw new EndpointError("posix", 95, "Operation not supported");
  return registry;
}

/** What a value may be; whether it fits its type is for the endpoint to say. */
function readData(fields: CommandFields): string | number | (string | number)[] {
  const data = fields.value("value_data");
  if (typeof data === "string" || typeof data === "number") return data;
  const isItem = (item: unknown): item is string | number => typeof item === "string" || typeof item === "number";
  if (Array.isArray(data) && data.every(isItem)) return data;
  throw wrongType("value_data", "a text, a number or a list of texts");
}

export const REGISTRY_COMMANDS = [
  registryCommand("reg enum key", (key) => (registry, show) => {
    const { values, sub_keys } = registry.enumerate(key);
    show({ values, sub_keys });
  }),
  registryCommand("reg query value", (path) => (registry, show) => show({ value: registry.query(path) })),
  registryCommand(
    "reg set value",
    (path, fields) => {
      fields.require("value_type", "value_data");
      const type = fields.text("value_type") ?? "";
      const data = readData(fields);
      const overwrite = fields.flag("overwrite");
      return (registry) => registry.set(path, type, data, overwrite);
    },
    ["overwrite", "value_type", "value_data"],
  ),
  registryCommand("reg create key", (key) => (registry) => registry.createKey(key)),
  registryCommand("reg delete key", (key) => (registry) => registry.deleteKey(key)),
  registryCommand("reg delete value", (path) => (registry) => registry.deleteValue(path)),
] as const;
