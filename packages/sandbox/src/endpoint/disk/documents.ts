import type { Account, HostFacts } from "../facts.js";
import type { Layout } from "./layout.js";

const subjects = ["Ledger", "Calibration", "Travel", "Supplier", "Payroll", "Inventory", "Audit"] as const;
const tasks = ["call back", "review", "print", "send", "order", "archive"] as const;

/** A few documents in the folders of somebody, with a separator at the end of each folder. */
export function layDocuments(
  layout: Layout,
  facts: HostFacts,
  account: Account,
  documents: string,
  desktop: string,
): void {
  const random = facts.random(`documents/${account.name}`);
  const end = facts.sensor.os_type === "windows" ? "\r\n" : "\n";
  const since = facts.sensor.registration_time;
  const moment = (): number => since + Math.floor(random.fraction() * Math.max(0, facts.bootTime - since));
  const subject = random.pick(subjects);
  const rows = random.between(4, 30);
  const figures = Array.from({ length: rows }, () => random.between(100, 99_999));
  const table = `month,amount${end}${figures.map((figure, n) => `2025-${String(1 + (n % 12)).padStart(2, "0")},${figure}.00${end}`).join("")}`;
  layout.file(`${documents}${subject} figures 2025.csv`, table, { created: moment() });
  layout.file(`${documents}Übersicht – ${subject}.txt`, `${subject}: Übersicht für ${account.name}${end}`, {
    created: moment(),
  });
  const list = Array.from({ length: random.between(2, 5) }, () => `- ${random.pick(tasks)} ${random.pick(subjects)}`);
  layout.file(`${desktop}todo.txt`, `${list.join(end)}${end}`, { created: moment() });
}
