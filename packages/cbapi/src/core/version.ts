/** The version of this package, as sent in the `User-Agent` header. A test holds it equal to package.json. */
export const version: string = "0.1.0";
