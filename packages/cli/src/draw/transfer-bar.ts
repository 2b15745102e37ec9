import type { Terminal } from "../terminal.js";
import { cell, fit, line } from "../text-layout.js";
import { safeText } from "../text-safety.js";
import { bytesText, clockText } from "./amounts.js";

/** Milliseconds between two drawings. */
const PAUSE = 100;
/** Milliseconds over which the rate is taken. */
const WINDOW = 3000;

/** A transfer on its way, drawn where somebody watches. */
export class TransferBar {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #since = performance.now();
  #samples: { at: number; bytes: number }[] = [];
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, label: string) {
    this.#terminal = terminal;
    this.#label = safeText(label);
  }

  /** Says what is waited for while no bytes come. */
  waiting(text: string): void {
    this.#terminal.progress(`${this.#label}: ${text}`);
  }

  /** How many bytes have come, of how many. */
  update(transferred: number, total: number | undefined): void {
    const now = performance.now();
    this.#samples = this.#samples.filter(({ at }) => now - at < WINDOW);
    this.#samples.push({ at: now, bytes: transferred });
    if (now - this.#drawn < PAUSE && transferred !== total) return;
    this.#drawn = now;
    const [first] = this.#samples;
    const span = first === undefined ? 0 : now - first.at;
    const rate = first === undefined || span < PAUSE ? undefined : ((transferred - first.bytes) / span) * 1000;
    const { errorColors: colors, liveWidth } = this.#terminal;
    this.#terminal.live([transferLine(this.#label, { transferred, total, rate }, liveWidth, colors.cyan)]);
  }

  /** Takes it away, and tells what was transferred, from where and to where. These may be unsafe. */
  tell(from: string, to: string, bytes: number, sha256?: string): void {
    const terminal = this.#terminal;
    terminal.clear();
    const took = performance.now() - this.#since;
    const rate = took > 0 ? `, ${bytesText((bytes / took) * 1000)}/s` : "";
    terminal.print(`${safeText(from)} -> ${safeText(to)}: ${bytesText(bytes)} in ${(took / 1000).toFixed(1)} s${rate}`);
    if (sha256 !== undefined) terminal.print(terminal.colors.dim(`sha256 ${sha256}`));
  }
}

/** `get C:\x.bin   [########--------]  45%  12.3 MiB of 27.0 MiB  3.2 MiB/s  0:05 left` */
export function transferLine(
  label: string,
  {
    transferred,
    total,
    rate,
  }: { readonly transferred: number; readonly total: number | undefined; readonly rate: number | undefined },
  width: number,
  style: (text: string) => string = (text) => text,
): string {
  const speed = rate === undefined ? "" : `  ${bytesText(rate)}/s`;
  const name = cell(label, Math.max(10, Math.min(30, width - 70)));
  if (total === undefined) return fit(`${name} ${bytesText(transferred)}${speed}`, width);
  const part = total === 0 ? 1 : Math.min(1, transferred / total);
  const left =
    rate !== undefined && rate > 0 && part < 1 ? `  ${clockText(((total - transferred) / rate) * 1000)} left` : "";
  const length = width >= 70 ? 20 : 10;
  const figures = `${String(Math.floor(part * 100)).padStart(3)}%  ${bytesText(transferred)} of ${bytesText(total)}`;
  // In a narrow window the figures say more than the bar.
  const bar = width < 50 ? "" : `${barText(part, length)} `;
  return line([[`${name} `], [bar, style], [`${figures}${speed}${left}`]], width);
}

/** `[#####-----]` */
export function barText(part: number, columns: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * columns);
  return `[${"#".repeat(full)}${"-".repeat(columns - full)}]`;
}
