import { PLAYABLE_PRODUCTS } from "./products.js";
import { type EventOptions, eventSettings } from "./response/event-bus/options.js";
import { EDR } from "./response/playable.js";

/** What a client needs to reach a product of a sandbox. */
export interface SandboxCredentials {
  /** The server's address. */
  readonly url: string;
  /** What is sent as `X-Auth-Token`. */
  readonly token: string;
  /** The key of the organisation, for the cloud. */
  readonly orgKey?: string;
  /** The certificate authority's file; left out without TLS. */
  readonly caFile?: string;
}

/** The server that clients are told of, and whose token they have. */
interface Owner {
  readonly url: string;
  readonly seed: number | string;
  readonly token: string;
  readonly caFile: string | undefined;
}

/** What a client of a product needs, by the name of the product. Throws a RangeError when there is no such product. */
export function credentialsFor({ url, seed, token, caFile }: Owner, product: string): SandboxCredentials {
  const played = PLAYABLE_PRODUCTS.find(({ name }) => name === product);
  if (played === undefined) {
    const names = PLAYABLE_PRODUCTS.map(({ name }) => name);
    throw new RangeError(`No product ${product} is played: the products are ${names.join(", ")}`);
  }
  return { url, token, ...played.credentials?.({ seed, token }), ...(caFile === undefined ? {} : { caFile }) };
}

/** The same as a section of a credential file, with the broker of the server's events where it has one. */
export function profileFor(owner: Owner, section: string, product: string, events?: EventOptions): string {
  const broker = events !== undefined && product === EDR.name ? eventSettings(events).broker : undefined;
  const { url, token, orgKey, caFile } = credentialsFor(owner, product);
  const lines = [`[${section}]`, `url=${url}`, `token=${token}`];
  if (orgKey !== undefined) lines.push(`org_key=${orgKey}`);
  if (caFile !== undefined) lines.push(`ssl_cert_file=${caFile}`);
  if (broker !== undefined) {
    lines.push(`rabbitmq_host=${broker.hostname}`, `rabbitmq_port=${broker.port}`);
    lines.push(`rabbitmq_user=${broker.username}`, `rabbitmq_pass=${broker.password}`);
  }
  return `${lines.join("\n")}\n`;
}
