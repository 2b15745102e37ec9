export { CbChildProcEvent, childOfSummary } from "./childproc.js";
export { CbCrossProcEvent, type CrossProcType } from "./crossproc.js";
export { CbEvent, compareEvents, sortEvents } from "./event.js";
export { CbFileModEvent, type FileModType, type FileType } from "./filemod.js";
export type { EventJoins, EventSource, PartialDocument } from "./joins.js";
export {
  type AnyEvent,
  decodeEvents,
  type EventContext,
  type EventListName,
  EventLists,
  type EventProblem,
  type EventVersion,
  eventListNames,
} from "./lists.js";
export { CbModLoadEvent } from "./modload.js";
export { CbNetConnEvent, type ConnectionDirection } from "./netconn.js";
export { type PrivilegeName, privilegeText } from "./privileges.js";
export { type BlockResult, CbProcessBlockEvent } from "./processblock.js";
export { CbRegModEvent, type RegModType } from "./regmod.js";
