import type { MakePart } from "../part.js";
import { QueryEngine } from "./engine/engine.js";
import { resultRoutes } from "./results/routes.js";
import { runRoutes } from "./runs/routes.js";
import { Runs } from "./runs/runs.js";
import { runTick } from "./runs/simulation.js";
import { templateRoutes } from "./templates/routes.js";
import { templateTick } from "./templates/templates.js";

/** Live Query: SQL that devices answer, each from what is inside it. */
export const livequeryPart: MakePart = (context) => {
  const runs = new Runs(context);
  const engine = new QueryEngine();
  let isClosed = false;
  // Somebody may put runs into an organisation in which nobody has asked for any yet.
  runs.all();
  const end = (): void => {
    isClosed = true;
    engine.close();
  };
  return {
    routes: [...runRoutes(context, runs), ...resultRoutes(context, runs), ...templateRoutes(context, runs)],
    tick: async (tick, _now, isCheckin) => {
      templateTick(context, runs);
      await runTick(context, runs, engine, { tick, isCheckin, isOver: () => isClosed });
    },
    release: end,
    close: end,
  };
};
