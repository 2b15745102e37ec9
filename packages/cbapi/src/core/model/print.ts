import { maskedValue } from "../transport/redact.js";
import { Completeness } from "./document.js";
import type { ModelSpec } from "./spec.js";
import type { ModelState } from "./state.js";

const RULE = "-".repeat(79);

/** `<Sensor: id 3> @ https://cb.example.com`, with a star when there are changes not yet saved. */
export function shortForm(name: string, state: ModelState): string {
  const id = state.key === undefined ? "not saved" : `id ${state.key}`;
  return `<${name}: ${id}> @ ${state.client.url}${state.changes?.size ? " (*)" : ""}`;
}

/** The table of the guide: every field, what is new marked `(+)`, what was changed marked `(*)`. */
export function printTable(spec: ModelSpec, record: object, state: ModelState): string {
  const lines = [`${spec.name} object, bound to ${state.client.url}.`];
  if (state.refreshedAt !== undefined) lines.push(` Last refreshed at ${new Date(state.refreshedAt).toISOString()}`);
  if (state.key === undefined) lines.push(" Partially initialized. Use save() to create it on the server");
  else if (state.completeness !== Completeness.full) {
    lines.push(" Partially initialized. Use load() to read all fields");
  }
  lines.push(RULE, "");
  const names = new Set([...Object.keys(state.document), ...(state.changes?.keys() ?? [])]);
  // What the server will call a new object is a line of its own, still empty.
  if (state.key === undefined) {
    if (Object.hasOwn(record, "id")) names.add("id");
  } else if (spec.keyOf === undefined) names.add(spec.key);
  for (const name of [...names].sort()) {
    lines.push(`${mark(state, name)} ${name.padStart(20)}: ${cut(printValue(name, fieldValue(spec, state, name)))}`);
  }
  return lines.join("\n");
}

/** The form of free documents: where it is in the console, then the fields in the server's order, whole. */
export function printDocument(spec: ModelSpec, state: ModelState, link: string | undefined): string {
  const lines = [`${spec.name}:`];
  if (link !== undefined) lines.push(`-> available via web UI at ${link}`);
  const names = new Set([...Object.keys(state.document), ...(state.key === undefined ? [] : [spec.key])]);
  for (const name of names) lines.push(`${name.padEnd(20)} : ${printValue(name, fieldValue(spec, state, name))}`);
  return lines.join("\n");
}

function fieldValue(spec: ModelSpec, state: ModelState, name: string): unknown {
  if (state.changes?.has(name)) return state.changes.get(name);
  if (name in state.document) return state.document[name];
  return name === spec.key ? (state.key ?? null) : null;
}

function mark(state: ModelState, name: string): string {
  if (!state.changes?.has(name)) return "   ";
  const original = state.document[name];
  return original === undefined || original === null ? "(+)" : "(*)";
}

function printValue(name: string, value: unknown): string {
  const shown = maskedValue(name, value);
  if (typeof shown === "string") return shown.replace(CONTROL, escaped);
  // A secret inside a list or an object is masked where it stands.
  const text = JSON.stringify(shown, maskedValue);
  return (text ?? "undefined").replace(CONTROL, escaped);
}

/** What an endpoint sends must not give orders to the terminal that it is printed on. */
const CONTROL = /\p{Cc}/gu;
const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

function cut(text: string): string {
  return text.length > 50 ? `${text.slice(0, 47)}...` : text;
}
