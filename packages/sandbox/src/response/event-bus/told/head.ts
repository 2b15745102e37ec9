import type { ResponseContext } from "../../context.js";

/** What this server calls itself. */
export const SERVER_NAME = "cbserver";

/** What hits begin with. */
export const headOf = ({ traits }: ResponseContext) => ({ cb_version: traits.version, server_name: SERVER_NAME });

/** Seconds since 1970, with a fraction. */
export const secondsOf = (milliseconds: number): number => milliseconds / 1000;
