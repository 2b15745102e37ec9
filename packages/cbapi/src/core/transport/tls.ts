import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { CredentialError } from "../errors.js";

/** The parts of a profile that decide how the server is verified. */
export interface TlsPolicy {
  readonly ssl_verify: boolean;
  readonly ssl_verify_hostname: boolean;
  readonly ssl_cert_file: string | undefined;
}

/** What the policy comes down to, in the terms of node:tls. */
export type TlsOptions = Pick<
  ConnectionOptions,
  "minVersion" | "rejectUnauthorized" | "ca" | "allowPartialTrustChain" | "checkServerIdentity"
>;

/** The code of the failure when the server's certificate is not the pinned one. */
export const PIN_MISMATCH = "CBAPI_PIN_MISMATCH";

/**
 * Turns a profile's settings into those of a TLS connection. Reads the certificate file.
 *
 * @throws CredentialError when the file cannot be read or holds no certificate.
 */
export function tlsOptions(policy: TlsPolicy): TlsOptions {
  // Given outright, so that a process-wide switch (NODE_TLS_REJECT_UNAUTHORIZED) cannot turn verification off.
  const options: TlsOptions = { minVersion: "TLSv1.2", rejectUnauthorized: policy.ssl_verify };
  if (!policy.ssl_verify) return options;

  let pinned: readonly X509Certificate[] = [];
  if (policy.ssl_cert_file !== undefined) {
    const certificates = readCertificates(policy.ssl_cert_file);
    options.ca = certificates.map((certificate) => certificate.toString());
    // A leaf or an intermediate authority in the file is trusted by itself, without the root above it.
    options.allowPartialTrustChain = true;
    pinned = certificates.filter((certificate) => !certificate.ca);
  }
  if (pinned.length > 0 || !policy.ssl_verify_hostname) {
    options.checkServerIdentity = (host, certificate) => {
      if (pinned.length > 0 && !pinned.some((pin) => pin.raw.equals(certificate.raw))) {
        return Object.assign(new Error("the server's certificate is not the one in ssl_cert_file"), {
          code: PIN_MISMATCH,
        });
      }
      return policy.ssl_verify_hostname ? checkServerIdentity(host, certificate) : undefined;
    };
  }
  return options;
}

function readCertificates(path: string): X509Certificate[] {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new CredentialError(`The certificate file ${path} (ssl_cert_file) ${reason}.`, {
      cause,
      code: "CERTIFICATE_FILE",
    });
  }
  try {
    const blocks = content.toString("latin1").match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
    return (blocks ?? [content]).map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new CredentialError(
      `The certificate file ${path} (ssl_cert_file) holds no readable certificate. PEM blocks ("BEGIN CERTIFICATE") are expected.`,
      { cause, code: "CERTIFICATE_FILE" },
    );
  }
}
