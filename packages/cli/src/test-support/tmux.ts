import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether there is a tmux to run terminals in. */
export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

export interface TmuxOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
}

/** Milliseconds in which something must have appeared on the screen. */
const PATIENCE = 30_000;

/** A program in a terminal of its own, with somebody at the keyboard. */
export class Tmux {
  readonly #socket = `cbapi-${randomUUID()}`;

  /** Starts a program; `EXIT n` is printed behind its end. */
  constructor(command: readonly string[], { cwd, env, columns = 110, rows = 40 }: TmuxOptions) {
    const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const variables = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
    this.#tmux([
      ...["-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", cwd],
      `env -i ${variables.join(" ")} PATH='${process.env["PATH"] ?? ""}' TERM=screen ${quoted}; echo EXIT $?; sleep 600`,
    ]);
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux(["send-keys", "-l", text]);
  }

  /** Presses keys by their names: `Enter`, `Tab`, `C-c`. */
  press(...keys: readonly string[]): void {
    this.#tmux(["send-keys", ...keys]);
  }

  /** All that is and was on the screen, without the blank lines at its end. */
  screen(): string {
    return `${this.#tmux(["capture-pane", "-p", "-S", "-"]).trimEnd()}\n`;
  }

  /** Waits until something is on the screen, and returns the screen. */
  async until(wanted: RegExp | ((screen: string) => boolean), what = String(wanted)): Promise<string> {
    const since = Date.now();
    for (;;) {
      const screen = this.screen();
      if (typeof wanted === "function" ? wanted(screen) : wanted.test(screen)) return screen;
      if (Date.now() - since > PATIENCE) throw new Error(`Not on the screen: ${what}\n${screen}`);
      await sleep(50);
    }
  }

  end(): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
  }

  #tmux(args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}
