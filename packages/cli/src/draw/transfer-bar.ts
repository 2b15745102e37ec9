import type { Terminal } from "../terminal.js";
import { cell, fit } from "../text-layout.js";
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
    const { errorColors: colors, width } = this.#terminal;
    this.#terminal.live([transferLine(this.#label, { transferred, total, rate }, width, colors.cyan)]);
  }

  /** Takes it away, and tells what was transferred. */
  end(bytes: number): string {
    this.#terminal.clear();
    const took = performance.now() - this.#since;
    const rate = took > 0 ? `, ${bytesText((bytes / took) * 1000)}/s` : "";
    return `${bytesText(bytes)} in ${(took / 1000).toFixed(1)} s${rate}`;
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
  const bar = barText(part, 20);
  const figures = `${String(Math.floor(part * 100)).padStart(3)}%  ${bytesText(transferred)} of ${bytesText(total)}`;
  return `${name} ${style(bar)} ${fit(`${figures}${speed}${left}`, width - name.length - 24)}`;
}

/** `[#####-----]` */
export function barText(part: number, columns: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * columns);
  return `[${"#".repeat(full)}${"-".repeat(columns - full)}]`;
}
