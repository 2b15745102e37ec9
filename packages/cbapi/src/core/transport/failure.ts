import { CbApiError, ConnectionError, type ConnectionErrorKind, type ErrorDetails, TimeoutError } from "../errors.js";
import { type RequestContext, requestDetails } from "./context.js";
import { ProxyFailure } from "./proxy.js";
import { PIN_MISMATCH } from "./tls.js";
import { ConnectFailure, WireFailure } from "./wire.js";

interface Diagnosis {
  readonly kind: ConnectionErrorKind;
  readonly code: string;
  /** What happened, and what to do about it. */
  readonly happened: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const CA_HINT =
  "If the server uses a certificate of its own, save it (or its authority's) as a PEM file and name that file in ssl_cert_file; " +
  "NODE_EXTRA_CA_CERTS adds authorities to all connections. ssl_verify=false turns verification off altogether.";
const CHAIN_CODES = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
]);

/** The request itself was refused before anything was sent. */
const UNSENDABLE = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
  "ERR_INVALID_URL",
]);

/** Turns a broken exchange into the error that callers see. The reason of an aborted signal passes through as it is. */
export function explainFailure(failure: unknown, context: RequestContext): unknown {
  if (!(failure instanceof WireFailure)) return failure;
  const chain = causes(failure);
  const known = chain.find((error) => error instanceof CbApiError);
  if (known !== undefined) return known;
  const cause = chain[0] === undefined ? undefined : context.redactor.error(chain[0]);
  const details = { ...requestDetails(context), cause };

  const phase = failure.phase ?? timeoutPhase(chain);
  const fate = failure.sent ? fateOf(context.method) : "";
  if (phase !== undefined) return timeoutError(phase, context, details, failure.phase !== undefined, fate);

  const unsendable = chain.find((error) => UNSENDABLE.has(codeOf(error) ?? ""));
  if (unsendable !== undefined) {
    return new CbApiError(`The request ${context.method} ${context.path} cannot be sent: ${unsendable.message}.`, {
      ...details,
      code: "INVALID_REQUEST",
    });
  }
  const diagnosis = diagnose(chain, failure.sent);
  const hint = diagnosis.hint === "" ? "" : ` ${diagnosis.hint}`;
  const text = `Cannot reach ${context.server} (${context.method} ${context.path}): ${diagnosis.happened}.${hint}${fate}`;
  return new ConnectionError(context.redactor.hide(text.trim()), {
    ...details,
    kind: diagnosis.kind,
    code: diagnosis.code,
    retryable: diagnosis.retryable,
  });
}

/** What is to be known of a request that had left when the exchange broke off. */
function fateOf(method: string): string {
  if (/^(get|head)$/i.test(method)) return " Repeating the request is safe.";
  return " It may have been carried out: look at what the server has before you repeat it.";
}

function timeoutError(
  phase: "connect" | "headers" | "body" | "total",
  context: RequestContext,
  details: ErrorDetails,
  own: boolean,
  fate: string,
): TimeoutError {
  const limit = own ? ` within ${context.timeout} ms` : "";
  const happened = {
    connect: `no connection to the server came about${limit}`,
    headers: `the server did not answer${limit}`,
    body: `the answer stopped arriving${own ? ` for ${context.timeout} ms` : ""}`,
    total: `the answer was not complete${limit}`,
  }[phase];
  const hint = {
    connect:
      "Check the address and that no firewall drops the packets; if many requests run at once, a larger poolMaxsize or timeout helps.",
    headers: "The server may be busy or the query heavy: narrow it, or pass a larger timeout (milliseconds).",
    body: "The network or the server stalled; try again.",
    total: "Pass a larger timeout (milliseconds), or ask for less at once.",
  }[phase];
  return new TimeoutError(`Timed out on ${context.method} ${details.uri}: ${happened}. ${hint}${fate}`, {
    ...details,
    phase,
    timeout: context.timeout,
  });
}

function timeoutPhase(chain: readonly Error[]): "connect" | "headers" | "body" | undefined {
  for (const error of chain) {
    if (error instanceof ProxyFailure && error.timedOut) return "connect";
    switch (codeOf(error)) {
      case "UND_ERR_CONNECT_TIMEOUT":
      case "ETIMEDOUT":
        return "connect";
      case "UND_ERR_HEADERS_TIMEOUT":
        return "headers";
      case "UND_ERR_BODY_TIMEOUT":
        return "body";
      default:
        if (error.name === "TimeoutError") return "headers"; // AbortSignal.timeout inside an application's own fetch
    }
  }
  return undefined;
}

function diagnose(chain: readonly Error[], sent: boolean): Diagnosis {
  const proxy = chain.find((error) => error instanceof ProxyFailure);
  if (proxy !== undefined) return diagnoseProxy(proxy);
  for (const error of chain) {
    const found = byCode(codeOf(error), error, sent);
    if (found !== undefined) return found;
  }
  const text = chain.at(-1)?.message ?? "unknown reason";
  return {
    kind: "closed",
    code: "CONNECTION_CLOSED",
    happened: sent ? `the connection ended before the answer was complete (${text})` : text,
    hint: sent ? "The server or something on the way closed it." : "",
    retryable: true,
  };
}

function diagnoseProxy(failure: ProxyFailure): Diagnosis {
  const happened = `the proxy ${failure.proxy} did not open a tunnel (${failure.message})`;
  const base = { kind: "proxy" as const, happened };
  if (failure.status === 407) {
    const hint = "It wants a user and a password: write proxy as http://user:password@host:port in the profile.";
    return { ...base, code: "PROXY_AUTHENTICATION", hint, retryable: false };
  }
  const hint =
    "Check proxy in the profile and the variables HTTPS_PROXY and NO_PROXY; ignore_system_proxy=true leaves the variables aside.";
  return { ...base, code: "PROXY_FAILED", hint, retryable: failure.status === undefined || failure.status >= 500 };
}

function byCode(code: string | undefined, error: Error, sent: boolean): Diagnosis | undefined {
  if (code === undefined) return undefined;
  const text = error.message;
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) {
    const hint = "Check the host name in url, and the name servers or VPN of this machine.";
    return {
      kind: "dns",
      code: "DNS_FAILED",
      happened: `the host name was not found (${text})`,
      hint,
      retryable: code === "EAI_AGAIN",
    };
  }
  if (code === "ECONNREFUSED") {
    const hint = "Check the host and port in url, and that the server is running.";
    return {
      kind: "refused",
      code: "CONNECTION_REFUSED",
      happened: `nothing accepts connections there (${text || code})`,
      hint,
      retryable: true,
    };
  }
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH" || code === "EADDRNOTAVAIL") {
    const hint = "Check the network, VPN or firewall between this machine and the server.";
    return {
      kind: "refused",
      code: "HOST_UNREACHABLE",
      happened: `the network has no way there (${text})`,
      hint,
      retryable: true,
    };
  }
  if (code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED") {
    const early = text.includes("before secure TLS");
    const hint = early
      ? "Does this port speak TLS? A firewall may also cut such connections."
      : sent
        ? "" // what may be repeated is said of each request
        : "Nothing was sent.";
    const happened = `the connection was reset${early ? " while TLS was set up" : sent ? " before the answer was complete" : ""} (${text})`;
    return { kind: "reset", code: "CONNECTION_RESET", happened, hint, retryable: true };
  }
  if (code.startsWith("HPE_")) {
    const hint = "Is this the right port?";
    return {
      kind: "closed",
      code: "INVALID_HTTP",
      happened: `the answer is not HTTP (${text})`,
      hint,
      retryable: false,
    };
  }
  return byTlsCode(code, text);
}

function byTlsCode(code: string, text: string): Diagnosis | undefined {
  const tls = (name: string, happened: string, hint: string): Diagnosis => {
    return { kind: "tls", code: name, happened, hint, retryable: false };
  };
  if (code === PIN_MISMATCH) {
    const hint =
      "If the certificate was renewed, put the new one into that file; otherwise somebody may be intercepting the connection.";
    return tls("TLS_PIN_MISMATCH", text, hint);
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const state = code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet";
    const hint =
      "Renew it on the server, and check the clock of this machine. ssl_verify=false connects regardless, unsafely.";
    return tls(`TLS_${code}`, `the server's certificate ${state} (${text})`, hint);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const hint =
      "Use the name that the certificate carries in url, or, when it is known to be the right server, set ssl_verify_hostname=false.";
    return tls("TLS_HOST_MISMATCH", `the server's certificate is for another host name (${text})`, hint);
  }
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT" || code === "SELF_SIGNED_CERT_IN_CHAIN") {
    return tls(
      "TLS_SELF_SIGNED",
      `the server's certificate is signed by itself or by an unknown authority (${text})`,
      CA_HINT,
    );
  }
  if (CHAIN_CODES.has(code)) {
    return tls(
      "TLS_UNTRUSTED",
      `the server's certificate comes from an authority that is not trusted (${text})`,
      CA_HINT,
    );
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code.startsWith("CERT_")) {
    const hint = "The server must speak TLS 1.2 or newer on this port. Check the port in url.";
    return tls("TLS_FAILED", `TLS could not be set up (${text.replace(/\s+/g, " ").trim()})`, hint);
  }
  return undefined;
}

/** The errors underneath, from the outermost that means something to the innermost. */
function causes(failure: WireFailure): Error[] {
  const chain: Error[] = [];
  let current: unknown = failure.cause;
  while (current instanceof Error && chain.length < 8 && !chain.includes(current)) {
    if (!(current instanceof ConnectFailure) && !(current instanceof WireFailure)) chain.push(current);
    // Several addresses were tried: they fail alike as a rule, and the first tells as much as all.
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return chain;
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
