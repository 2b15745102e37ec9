/**
 * The fields of an object that has no others than these: a misspelt one would silently do nothing. Throws a RangeError that
 * names what is wrong; `what` is the object, as the error is to call it.
 */
export function fieldsOf<Name extends string>(
  value: unknown,
  what: string,
  known: readonly Name[],
): Partial<Record<Name, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RangeError(`${what} must be an object`);
  }
  const unknown = Object.keys(value).find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) throw new RangeError(`\`${unknown}\` is not known here; there is ${known.join(", ")}`);
  return value;
}
