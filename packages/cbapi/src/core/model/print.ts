import { MASK, secretFields } from "../transport/redact.js";
import { Completeness } from "./document.js";
import type { ModelSpec, ModelState } from "./model.js";

const RULE = "-".repeat(79);

/** `<Sensor: id 3> @ https://cb.example.com`, with a star when there are changes not yet saved. */
export function shortForm(name: string, state: ModelState): string {
  const id = state.key === undefined ? "not saved" : `id ${state.key}`;
  return `<${name}: ${id}> @ ${state.client.url}${state.changes?.size ? " (*)" : ""}`;
}

/** The table of the guide: every field, what is new marked `(+)`, what was changed marked `(*)`. */
export function printTable(spec: ModelSpec, state: ModelState): string {
  const lines = [`${spec.name} object, bound to ${state.client.url}.`];
  if (state.refreshedAt !== undefined) lines.push(` Last refreshed at ${new Date(state.refreshedAt).toISOString()}`);
  if (state.key !== undefined && state.completeness !== Completeness.full) {
    lines.push(" Partially initialized. Use load() to read all fields");
  }
  lines.push(RULE, "");
  const names = new Set([...Object.keys(state.document), ...(state.changes?.keys() ?? [])]);
  if (state.key !== undefined) names.add(spec.key);
  for (const name of [...names].sort()) {
    const value = state.changes?.has(name)
      ? state.changes.get(name)
      : (state.document[name] ?? (name === spec.key ? state.key : undefined));
    lines.push(`${mark(state, name)} ${name.padStart(20)}: ${printValue(name, value)}`);
  }
  return lines.join("\n");
}

function mark(state: ModelState, name: string): string {
  if (!state.changes?.has(name)) return "   ";
  const original = state.document[name];
  return original === undefined || original === null ? "(+)" : "(*)";
}

function printValue(name: string, value: unknown): string {
  if (secretFields.has(name) && value !== undefined && value !== null) return MASK;
  // A secret inside a list or an object is masked where it stands.
  const text =
    typeof value === "string"
      ? value
      : (JSON.stringify(value, (key, inner: unknown) => (secretFields.has(key) && inner !== null ? MASK : inner)) ??
        "undefined");
  return text.length > 50 ? `${text.slice(0, 47)}...` : text;
}
