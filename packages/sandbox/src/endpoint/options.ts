/** A file that an endpoint has besides those that follow from what it is. */
export interface ExtraFile {
  /** The endpoint: the id of its sensor, or its computer name in any case. */
  sensor: number | string;
  /** Where it lies. Directories on the way are made. */
  path: string;
  /** Its content, or */
  content?: string | Uint8Array;
  /** so many bytes that are computed when they are read: a file of any size takes no space. */
  size?: number;
}

/** A program that starts on an endpoint because somebody told it to. */
export interface ProgramStart {
  sensorId: number;
  path: string;
  commandLine: string;
  /** `SYSTEM` or `root`. */
  username: string;
  /** The GUID of the program that started it, when {@link EndpointOptions.onStart} gave it one; else the sensor did. */
  parentGuid?: string;
  /** The hash of the file, when the server knows it. */
  md5?: string;
}

/** A program that is about to start, with what is known of it by then. */
export interface ProgramRequest extends ProgramStart {
  /** The hash of its file. */
  md5: string;
  /** Where the program that starts it is; undefined when that is not known. */
  parentPath?: string | undefined;
}

/** A process that has ended on an endpoint. */
export interface ProgramEnd {
  readonly sensorId: number;
  /** Its number in the store. */
  readonly proc: number;
}

/** What all endpoints are made with. */
export interface EndpointOptions {
  /** Milliseconds since 1970. */
  now?: () => number;
  /** What decides everything that is not recorded: the same seed gives the same endpoints. */
  seed?: string | number;
  /** The folder in which a folder for large contents is made; the system's own for temporary files when left out. */
  spillParent?: string;
  /** Bytes of a memory dump: 1 MiB when left out. */
  memorySize?: number;
  extraFiles?: readonly ExtraFile[];
  /** Lets programs take their time; that of the real clock when left out. Resolves at once when aborted. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /**
   * Called when a program starts: whoever records processes says which pid and GUID it has. `"blocked"` keeps it from
   * running. Left out or answered with nothing, the endpoint numbers it itself and nobody else learns of it.
   */
  onStart?: (start: ProgramStart) => { pid: number; guid: string } | "blocked" | undefined;
  /** Called when a process has ended that is in the store. */
  onEnd?: (end: ProgramEnd) => void;
}
