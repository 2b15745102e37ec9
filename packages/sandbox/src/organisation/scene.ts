import type { ProcessRecord } from "../domain/index.js";
import { live, type Manner } from "./behaviour.js";
import type { Catalogue } from "./catalogue.js";
import type { Host } from "./hosts.js";
import type { HostRecorder, Start } from "./recorder.js";
import type { WindowsTree } from "./windows.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** What an activity works with: where it happens, whom it belongs to, and when. */
export interface Scene {
  host: Host;
  recorder: HostRecorder;
  catalogue: Catalogue;
  tree: WindowsTree;
  at: number;
}
/** A moment between boot and now: office hours for people, any time for servers. */
export function momentOfWork(host: Host, recorder: HostRecorder): number {
  const { random, now } = recorder;
  const first = host.bootedAt + 25 * 60_000;
  const span = Math.max(1, now - first - 60_000);
  for (let attempt = 0; attempt < 12; attempt++) {
    const moment = first + Math.floor(random.fraction() * span);
    if (host.sensor.host_type !== "workstation") return moment;
    const weekday = new Date(moment).getUTCDay();
    const hour = (moment % DAY) / HOUR;
    if (weekday !== 0 && weekday !== 6 && hour >= 7 && hour <= 18) return moment;
  }
  return first + Math.floor(random.fraction() * span);
}

/** Starts a program of the catalogue and lets it live. `{}` in the command line stands for the program's path. */
export function run(
  scene: Scene,
  parent: ProcessRecord,
  name: string,
  cmdline: string,
  lasting: number,
  options: Partial<Start> & { manner?: Manner; after?: number } = {},
): ProcessRecord {
  const { manner = "tool", after = 0, ...rest } = options;
  const image = scene.catalogue.program(name);
  const at = Math.max(scene.at + after, parent.start + 5);
  const end =
    lasting === Number.POSITIVE_INFINITY
      ? undefined
      : at + Math.max(8, Math.floor(lasting * (0.5 + scene.recorder.random.fraction())));
  const text = cmdline.replace("{}", `"${image.path.replace("c:", "C:")}"`);
  const started = scene.recorder.start(parent, image, {
    at,
    cmdline: text,
    ...(end === undefined ? {} : { end }),
    ...rest,
  });
  live(scene.recorder, scene.catalogue, started, manner, image.product);
  return started;
}

/** The options of a start in the name of the scene's user. */
export const asUser = (scene: Scene): { username: string } => ({ username: scene.tree.user });

/** A console host as the child of a console program; the sensor suppresses some of these. */
export function consoleHost(scene: Scene, parent: ProcessRecord): void {
  const lasting = Math.max(20, (parent.end ?? scene.recorder.now) - parent.start - 5);
  const suppressed = scene.recorder.random.chance(0.15);
  const child = scene.recorder.start(parent, scene.catalogue.program("conhost.exe"), {
    at: parent.start + 4,
    end: parent.start + 4 + Math.floor(lasting * 0.9),
    cmdline: "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1",
    suppressed,
  });
  if (!suppressed) live(scene.recorder, scene.catalogue, child, "tool");
}
