import { expect } from "vitest";

/** The error that a call gives, thrown at once or later; the test fails when there is none. */
export async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return error as Error;
  }
  throw new Error("nothing was refused");
}
