import { ApiError } from "../../../core/errors.js";
import { Completeness } from "../../../core/model/document.js";
import { withMessage } from "../../../core/model/fresh-error.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WritePlan, WriteRequest } from "../../../core/model/mutable-model.js";
import { rebaseOn, takeOver } from "../../../core/model/rebase.js";
import { checkWritten, readBack, readNow, sendWrite, sendWrites } from "../../../core/model/write.js";
import { planOf } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { FileCatalog } from "../files/file-catalog.js";
import { FileInstance } from "../files/file-instance.js";
import { FileRule } from "../files/file-rule.js";
import { ApprovalRequest } from "./approval-request.js";
import type { ApprovalDecision } from "./decision.js";
import { isRule, Resolving } from "./resolving.js";

/** Resolves one request, for whoever has its turn. */
export async function resolveOne(
  request: ApprovalRequest,
  decision: ApprovalDecision,
  dryRun: boolean,
  call: CallOptions,
): Promise<ApprovalRequest | WritePlan | undefined> {
  const { client } = ApprovalRequest.stateOf(request);
  const { id } = request;
  const entry = await readNow(request, call);
  const { document } = entry;
  const resolving = new Resolving(client, () => decision);
  // As the server has it: what was assigned and not saved decides nothing.
  const asRead = new ApprovalRequest({ client, key: id, document, completeness: Completeness.full });
  const [verdict] = await resolving.review([asRead], call);
  if (verdict?.state === "refused") {
    const { code } = verdict.error as ApiError;
    throw new ApiError(`ApprovalRequest ${id} was not resolved: ${verdict.error.message}`, { code });
  }
  const writes = resolving.writesOf(id);
  const own = writes.filter((write) => !isRule(write));
  const sent = Object.assign({}, ...own.map(({ body }) => body as object)) as Record<string, unknown>;
  delete sent["id"];
  if (dryRun) return writes.length === 0 ? undefined : planOf(writes, document, new Map(Object.entries(sent)));
  const rules = writes.filter(isRule);
  await makeRules(client, rules, call);
  if (own.length === 0) {
    rebaseOn(request, entry);
    return request;
  }
  try {
    await sendWrites(request, own, call);
  } catch (error) {
    throw rules.length === 0 ? error : withMessage(error, "The rule for its file was made before, and stands");
  }
  const after = await readBack(request, `ApprovalRequest ${id} was resolved`, call);
  takeOver(request, after, Object.keys(sent));
  checkWritten(request, new Map(Object.entries(sent)), after);
  return request;
}

async function makeRules(client: ModelHost, rules: readonly WriteRequest[], call: CallOptions): Promise<void> {
  if (rules.length === 0) return;
  try {
    for (const rule of rules) await sendWrite(client, rule, call, "the rule for its file");
  } catch (error) {
    throw withMessage(error, "The request stays unresolved");
  } finally {
    for (const cls of [FileRule, FileCatalog, FileInstance]) client.identityMap.evictAll(cls);
  }
}
