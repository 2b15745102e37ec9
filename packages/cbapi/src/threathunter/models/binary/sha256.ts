import { InvalidHashError } from "../../../core/errors.js";

/**
 * A SHA-256 in small letters, as the server writes it.
 * @throws InvalidHashError when it is none
 */
export function sha256Of(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidHashError(
    `model_unique_id must be a valid SHA256: 64 hex digits are expected, got ${JSON.stringify(value)}`,
  );
}
