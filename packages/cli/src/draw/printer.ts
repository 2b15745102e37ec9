import type { ImportReport } from "@cbapi/sandbox";
import type { Findings, MatchFinding, ServerFinding } from "../hunt/findings.js";
import type { Terminal } from "../terminal.js";
import { line, plural, wrap } from "../text-layout.js";
import { drawCost } from "./cost.js";
import { drawFacets } from "./facets.js";
import { drawImport } from "./import-report.js";
import { drawMatch } from "./match.js";
import { type Circumstances, drawNextSteps } from "./next-steps.js";
import { organisationText } from "./organisation.js";

/** Shows a hunt on a terminal while it goes on. It is given safe data only. */
export class HuntPrinter {
  readonly #terminal: Terminal;
  #shown = 0;
  #total = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  server(server: ServerFinding, info: Readonly<Record<string, unknown>> | undefined): void {
    const { colors, width } = this.#terminal;
    const kind = server.kind === "sandbox" ? "Sandbox" : "Server";
    this.#print(
      line(
        [[kind, colors.bold], [", Carbon Black EDR "], [server.version], [" at "], [server.url, colors.cyan]],
        width,
      ),
    );
    if (info !== undefined) this.#print(line([[organisationText(info), colors.dim]], width));
  }

  imports(reports: readonly ImportReport[]): void {
    const { colors, width } = this.#terminal;
    for (const report of reports) this.#section(drawImport(report, colors, width));
  }

  query(query: string, meaning: string | undefined): void {
    const { colors, width } = this.#terminal;
    const [first = "", ...rest] = wrap(query, width - 9, 4);
    this.#section([
      line([["Query", colors.bold], ["    "], [first, colors.yellow]], width),
      ...rest.map((text) => line([[" ".repeat(9)], [text, colors.yellow]], width)),
      ...(meaning === undefined ? [] : [line([[" ".repeat(9)], [meaning, colors.dim]], width)]),
    ]);
  }

  found(total: number, limit: number): void {
    const { colors, width } = this.#terminal;
    this.#total = total;
    const shown = total > limit && limit > 0 ? `, the first ${limit} in detail` : "";
    this.#print(line([["Matches", colors.bold], ["  "], [`${plural(total, "process", "processes")}${shown}`]], width));
  }

  match(match: MatchFinding): void {
    const { colors, width } = this.#terminal;
    this.#shown += 1;
    this.#section(drawMatch(match, this.#shown, colors, width));
  }

  end(findings: Findings, circumstances: Circumstances): void {
    const { colors, width } = this.#terminal;
    const more = this.#total - this.#shown;
    if (more > 0) {
      this.#section([
        line(
          [
            [
              `${this.#shown === 0 ? "" : "and "}${plural(more, "match", "matches")} not shown (--limit ${this.#total})`,
              colors.dim,
            ],
          ],
          width,
        ),
      ]);
    }
    if (findings.facets.process_name.length > 0) {
      this.#section([
        line(
          [
            ["Most frequent processes", colors.bold],
            [`  ${findings.facetQuery ?? ""}`, colors.dim],
          ],
          width,
        ),
        ...drawFacets(findings.facets.process_name, colors, width),
      ]);
    }
    this.#section([colors.bold("Cost"), ...drawCost(findings, colors, width)]);
    // Commands are not cut: they are there to be copied.
    this.#section([colors.bold("What to try next"), ...drawNextSteps(findings, circumstances, colors)]);
  }

  #section(lines: readonly string[]): void {
    this.#print();
    for (const text of lines) this.#print(text);
  }

  #print(text = ""): void {
    this.#terminal.print(text);
  }
}
