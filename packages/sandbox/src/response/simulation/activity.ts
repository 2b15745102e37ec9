/** Something that goes on by itself on the server or its endpoints, a step at every tick; one may take several turns. */
export type Activity = (tick: number, now: number) => void | Promise<void>;
