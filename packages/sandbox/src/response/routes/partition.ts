import type { PartitionRecord } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import type { ResponseContext } from "../context.js";
import { partitionDocuments } from "../documents/partitions.js";
import { present } from "../found.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";

const PATH = "/api/v1/storage/events";

/** The partitions of the event store: all of them, and what can be done with one. Servers before 6.0 have none. */
export function partitionRoutes(context: ResponseContext): Route[] {
  const { traits, partitions } = context;
  if (!traits.immutableSegments) return [];
  const list: Route = {
    method: "GET",
    path: `${PATH}/partition`,
    handle: (request) => {
      requireAdministrator(request, "The list of partitions");
      const legacy = traits.canHoldLegacyEvents && context.behaviour.legacyPartitions === true;
      return { status: 200, body: partitionDocuments(partitions.rows(), legacy) };
    },
  };
  if (!traits.managesPartitions) return [list];
  /** What is done with the partition that the path names, unless `refusal` speaks against it. */
  const action = (
    method: "POST" | "DELETE",
    end: string,
    refusal: (status: PartitionRecord["status"]) => string | undefined,
    work: (partition: PartitionRecord) => void,
  ): Route => ({
    method,
    path: `${PATH}/:name${end}`,
    handle: (request) => {
      requireAdministrator(request, "Changing partitions");
      const partition = locate(context, request);
      const reason = refusal(partition.status);
      if (reason !== undefined) throw new HttpProblem(400, `Partition ${partition.name} ${reason}`);
      work(partition);
      return SUCCESS;
    },
  });
  const written = "is the one that is written to";
  return [
    list,
    {
      method: "POST",
      path: `${PATH}/new_partition`,
      handle: (request) => {
        requireAdministrator(request, "Creating partitions");
        partitions.roll(context.now());
        return SUCCESS;
      },
    },
    action(
      "POST",
      "/mount",
      (status) => (status === "cold" ? undefined : "is mounted already"),
      (partition) => partitions.mount(partition),
    ),
    action(
      "POST",
      "/unmount",
      (status) => ({ hot: `${written} and cannot be unmounted`, cold: "is not mounted", warm: undefined })[status],
      (partition) => partitions.unmount(partition),
    ),
    action(
      "DELETE",
      "",
      (status) => (status === "hot" ? `${written} and cannot be deleted` : undefined),
      (partition) => partitions.remove(partition),
    ),
  ];
}

function locate(context: ResponseContext, { params }: SandboxRequest): PartitionRecord {
  return present(
    context.partitions.list().find(({ name }) => name === params["name"]),
    "Partition",
  );
}
