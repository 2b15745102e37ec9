import type { EventOptions } from "@cbapi/sandbox";
import { notEmpty, UsageError } from "./options.js";

/** Where a sandbox tells what happens on it. */
export type EventChoice = EventOptions;

export const eventOptions = {
  "events-amqp": { type: "string" },
  "events-exchange": { type: "string" },
  "events-file": { type: "string" },
  forwarder: { type: "string" },
  "raw-events": { type: "boolean" },
} as const;

type Values = { readonly [N in keyof typeof eventOptions]?: string | boolean | undefined };

/** Undefined where no place for events was chosen. Throws a UsageError for what makes no sense without one. */
export function eventChoice(values: Values): EventChoice | undefined {
  const text = (name: keyof Values): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? notEmpty(value, name, "sandbox") : undefined;
  };
  const [amqp, file, exchange, forwarder] = [
    text("events-amqp"),
    text("events-file"),
    text("events-exchange"),
    text("forwarder"),
  ];
  const rawEvents = values["raw-events"] === true;
  if (forwarder !== undefined && forwarder !== "older" && forwarder !== "newer") {
    throw new UsageError(`--forwarder is older or newer, not ${JSON.stringify(forwarder)}.`, "sandbox");
  }
  const needs = (name: string, given: boolean, place: string): void => {
    if (given) throw new UsageError(`--${name} needs ${place}.`, "sandbox");
  };
  needs("events-exchange", exchange !== undefined && amqp === undefined, "--events-amqp");
  needs("forwarder", forwarder !== undefined && file === undefined, "--events-file");
  if (amqp === undefined && file === undefined) {
    needs("raw-events", rawEvents, "a place for them: --events-amqp or --events-file");
    return undefined;
  }
  return {
    ...(amqp === undefined ? {} : { amqp: withPassword(amqp) }),
    ...(exchange === undefined ? {} : { exchange }),
    ...(file === undefined ? {} : { file }),
    ...(forwarder === undefined ? {} : { forwarder }),
    ...(rawEvents ? { rawEvents } : {}),
  };
}

/** The address with the password that the environment has for it, as what is typed stays in the history of the shell. */
function withPassword(address: string): string {
  const { CBAPI_EVENTS_PASSWORD: password } = process.env;
  if (password === undefined || password === "" || !URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.username === "" || url.password !== "") return address;
  url.password = password;
  return url.href;
}
