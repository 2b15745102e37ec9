/** The `cbapi` command as a function, and the shape of the document that `cbapi hunt --json` prints. */
export type {
  BinaryFinding,
  Findings,
  MatchFinding,
  ProcessFinding,
  SensorFinding,
  ServerFinding,
  WalkFinding,
} from "./hunt/findings.js";
export { type Outcome, run } from "./run.js";
