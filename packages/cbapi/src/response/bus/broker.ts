import type { Credentials } from "../../core/credentials/index.js";
import { CredentialError } from "../../core/errors.js";
import type { BrokerAddress } from "../../event-bus/consumer/options.js";

/**
 * Where the bus of a profile's server is.
 * @throws CredentialError when the profile has no password for it
 */
export function brokerOf(credentials: Credentials, tls: BrokerAddress["tls"]): BrokerAddress {
  const {
    rabbitmq_host: host,
    rabbitmq_port: port,
    rabbitmq_user: user,
    rabbitmq_pass: password,
    profile,
  } = credentials;
  if (password === undefined) {
    const where = profile === undefined ? "The credentials have" : `Profile "${profile}" has`;
    throw new CredentialError(
      `${where} no rabbitmq_pass: events come over the server's message bus, for which a profile says rabbitmq_user, rabbitmq_pass, rabbitmq_host and rabbitmq_port`,
      { code: "NO_BROKER" },
    );
  }
  return { host, port, user, password, tls };
}
