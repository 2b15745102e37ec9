/** What a key needs for each command; those of sessions stand with their routes. */
const RIGHTS: ReadonlyMap<string, string> = new Map([
  ["get file", "org.liveresponse.file(READ)"],
  ["directory list", "org.liveresponse.file(READ)"],
  ["put file", "org.liveresponse.file(CREATE)"],
  ["create directory", "org.liveresponse.file(CREATE)"],
  ["delete file", "org.liveresponse.file(DELETE)"],
  ["process list", "org.liveresponse.process(READ)"],
  ["kill", "org.liveresponse.process(DELETE)"],
  ["create process", "org.liveresponse.process(EXECUTE)"],
  ["reg enum key", "org.liveresponse.registry(READ)"],
  ["reg query value", "org.liveresponse.registry(READ)"],
  ["reg set value", "org.liveresponse.registry(UPDATE)"],
  ["reg create key", "org.liveresponse.registry(CREATE)"],
  ["reg delete key", "org.liveresponse.registry(DELETE)"],
  ["reg delete value", "org.liveresponse.registry(DELETE)"],
  ["memdump", "org.liveresponse.memdump(READ)"],
]);

/** The permission that a command needs; undefined for one that does not exist. */
export const rightFor = (command: string): string | undefined => RIGHTS.get(command);
