/** How amounts are said: lengths of time, and bytes. */

/** `0:42`, `1:03:07`. */
export function clockText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (number: number): string => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `0.4 s`, `12 s`, `3:07`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;
  return milliseconds < 59_500 ? `${Math.round(milliseconds / 1000)} s` : clockText(milliseconds);
}

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `512 B`, `1.5 KiB`, `27.0 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit: string = UNITS[0];
  for (const next of UNITS.slice(1)) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** `07/14/2024 09:05:12 PM`, as the shells of Windows list it, in UTC. Unix seconds. */
export function directoryTime(seconds: number | undefined): string {
  const time = new Date((seconds ?? Number.NaN) * 1000);
  if (Number.isNaN(time.getTime())) return "--/--/---- --:--:-- --";
  const [year = "", month = "", day = ""] = time.toISOString().slice(0, 10).split("-");
  const hour = time.getUTCHours();
  const clock = [((hour + 11) % 12) + 1, time.getUTCMinutes(), time.getUTCSeconds()];
  return `${month}/${day}/${year} ${clock.map((part) => String(part).padStart(2, "0")).join(":")} ${hour < 12 ? "AM" : "PM"}`;
}
