import { ApiError, type CbApiError, ConnectionError, TimeoutError, UnauthorizedError } from "../../core/errors.js";

/** A failure of the broker or of the way to it, as an error that says what to do. `where` names the broker. */
export function brokerError(error: unknown, where: string): CbApiError {
  const { code, message } = error as { code?: string; message?: string };
  const said = message ?? String(error);
  if (code === "ACCESS_REFUSED" && /^ConnectionStart|login|authentication/i.test(said)) {
    return new UnauthorizedError(
      `The broker at ${where} does not accept the user or password: rabbitmq_user and rabbitmq_pass of the profile. On an EDR server they are RabbitMQUser and RabbitMQPassword in /etc/cb/cb.conf.`,
      { cause: error },
    );
  }
  if (code === "ACCESS_REFUSED" || code === "NOT_ALLOWED") {
    return new UnauthorizedError(`The broker at ${where} does not allow this user to do that: ${said}`, {
      cause: error,
    });
  }
  if (code === "PRECONDITION_FAILED") {
    return new ApiError(
      `The broker at ${where} has a queue or exchange of this name with other settings: ${said}. Choose another queue name, or delete that one.`,
      { code: "QUEUE_CONFLICT", cause: error },
    );
  }
  if (code === "ECONNREFUSED") {
    return new ConnectionError(
      `No broker answers at ${where}: rabbitmq_host and rabbitmq_port of the profile. EDR's own broker listens on port 5004 of the server itself, and reaches others only if it is told to.`,
      { kind: "refused", cause: error, retryable: true },
    );
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new ConnectionError(`The name of the broker ${where} cannot be resolved: rabbitmq_host of the profile`, {
      kind: "dns",
      cause: error,
      retryable: true,
    });
  }
  if (code === "TIMEOUT" || code === "CONNECTION_TIMEOUT") {
    return new TimeoutError(`The broker at ${where} does not answer`, { phase: "connect", cause: error });
  }
  return new ConnectionError(`The connection to the broker at ${where} failed: ${said}`, {
    kind: "closed",
    cause: error,
    retryable: true,
  });
}

/** Whether trying again is of no use until somebody changes something. */
export function isFinal(error: CbApiError): boolean {
  return error instanceof UnauthorizedError || error.code === "QUEUE_CONFLICT";
}
