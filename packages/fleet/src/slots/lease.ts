import { randomUUID } from "node:crypto";
import { FleetError } from "../errors.js";

/** A slot that is held for one sensor. Its id is what attempts are fenced by: no two leases share one. */
export class Lease {
  readonly id = randomUUID();
  readonly target: number;
  /** The session that it stands for, as soon as that is known, and as it is now. */
  session: () => string = () => "";
  /** Whether it is renewed. A lease that is not is taken over when it has expired, with the session behind it. */
  isRenewed = true;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(target: number) {
    this.target = target;
  }

  /** Aborted when it is not held any more, or that is not known: whatever is done by it must stop. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** It is held for so many milliseconds more. */
  extend(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#lost.signal.aborted) return;
    this.#timer = setTimeout(() => this.lose("Redis was not reached in time to keep it"), Math.max(0, milliseconds));
    this.#timer.unref();
  }

  lose(why: string): void {
    clearTimeout(this.#timer);
    this.isRenewed = false;
    this.#lost.abort(new FleetError("CLOSED", `The slot for sensor ${this.target} was lost: ${why}`));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.isRenewed = false;
  }
}
