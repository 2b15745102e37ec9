export { CbChildProcEvent } from "./childproc.js";
export { CbCrossProcEvent, type CrossProcType } from "./crossproc.js";
export { CbEvent, sortEvents } from "./event.js";
export { CbFileModEvent, type FileModType, type FileType } from "./filemod.js";
export type { PartialDocument } from "./joins.js";
export {
  type AnyEvent,
  type EventListName,
  EventLists,
  type EventProblem,
  type EventVersion,
} from "./lists.js";
export { CbModLoadEvent } from "./modload.js";
export { CbNetConnEvent, type ConnectionDirection } from "./netconn.js";
export type { PrivilegeName } from "./privileges.js";
export { type BlockResult, CbProcessBlockEvent, type EventCode } from "./processblock.js";
export { CbRegModEvent, type RegModType } from "./regmod.js";
