export {
  EndpointError,
  type EndpointFiles,
  type EndpointMachine,
  type EndpointProcess,
  type EndpointProcesses,
  type EndpointRegistry,
  type FileEntry,
  type RegistryValue,
  type StartedProgram,
} from "./machine.js";
export { Machines } from "./machines.js";
export type { EndpointOptions, ExtraFile, ProgramEnd, ProgramRequest, ProgramStart } from "./options.js";
