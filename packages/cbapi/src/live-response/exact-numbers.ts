/** `value_data` (`valueData` in the classic Cloud) with a whole number that is too long to be read without a look at its size. */
const LONG_VALUE = /("value_?[dD]ata"\s*:\s*)(-?\d{16,})(?=\s*[,}\]])/g;

/**
 * Puts those numbers of the registry into quotes that JavaScript would round (`REG_QWORD` has 64 bits): they are read as
 * text. The name in quotes of its own cannot be part of a text, where its quotes would be escaped.
 */
export function withExactNumbers(json: string): string {
  return json.includes('"value')
    ? json.replace(LONG_VALUE, (whole, name: string, digits: string) =>
        Number.isSafeInteger(Number(digits)) ? whole : `${name}"${digits}"`,
      )
    : json;
}
