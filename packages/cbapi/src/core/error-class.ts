const brands = new WeakMap<object, symbol>();

/**
 * Names a class of errors and marks its instances with a symbol that all copies of this package share, so that
 * `instanceof` also holds when an application has two of them installed.
 */
export function nameError(errorClass: { readonly prototype: Error }, name: string): void {
  const brand = Symbol.for(`cbapi.error.${name}`);
  brands.set(errorClass, brand);
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(errorClass.prototype, brand, { value: true });
}

/** The mark of a class that was named here; `undefined` for one that an application derived. */
export function brandOf(errorClass: object): symbol | undefined {
  return brands.get(errorClass);
}
