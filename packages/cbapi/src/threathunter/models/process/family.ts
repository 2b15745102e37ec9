import { ApiError, ObjectNotFoundError, TimeoutError } from "../../../core/errors.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { isDocument } from "../../../psc/investigate/answer.js";
import { type JobCalls, runJob, SEARCH_TIMEOUT } from "../../../psc/investigate/job.js";
import type { CloudCall } from "../../../psc/routes.js";
import { askForObject } from "../../../psc/send.js";

/** What the server can tell of a process's family. */
export interface FamilyRoute {
  /** The form of the results, and the member of the answer that holds them. */
  readonly format: "summary" | "tree";
  /** The call of `routes: "classic"`, which is repeated until it is complete. */
  readonly classic: CloudCall;
  readonly jobs: JobCalls;
}

/** The pause before an incomplete answer is asked for again, in milliseconds. */
const PAUSE = 500;

/**
 * Reads a process's family: as a job, or for `routes: "classic"` by asking until nothing is missing.
 * @returns the answer to each request; there is one for a job
 * @throws ObjectNotFoundError when the server does not have the process
 */
export async function fetchFamily(
  client: ModelHost,
  guid: string,
  { format, classic, jobs }: FamilyRoute,
  options: CallOptions,
): Promise<readonly Document[]> {
  const host = cloud(client);
  if (host.routes === "current") {
    const { answer } = await runJob(host, jobs, { process_guid: guid }, options, { query: { format } });
    refuseException(answer, guid);
    const found = answer[format];
    return [isDocument(found) ? found : {}];
  }
  const answers: Document[] = [];
  const since = host.clock.now();
  for (;;) {
    const answer = await askForObject(host, classic, { query: { process_guid: guid } }, options);
    refuseException(answer, guid);
    answers.push(answer);
    if (answer["incomplete_results"] !== true) return answers;
    if (host.clock.now() - since >= SEARCH_TIMEOUT) {
      throw new TimeoutError(`${classic.call}: the server had not put it together after ${SEARCH_TIMEOUT} ms`, {
        timeout: SEARCH_TIMEOUT,
      });
    }
    await host.clock.sleep(PAUSE, options.signal);
  }
}

function refuseException({ exception }: Document, guid: string): void {
  if (typeof exception !== "string" || exception === "") return;
  if (exception === "NOT_FOUND") {
    throw new ObjectNotFoundError(`There is no Process with the process_guid ${JSON.stringify(guid)}`);
  }
  throw new ApiError(`The server cannot tell the family of the process ${guid}: ${exception}`, {
    serverMessage: exception,
  });
}
