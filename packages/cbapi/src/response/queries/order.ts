/** An order taken apart: `last_update desc,unique_id asc` has two criteria. */
export function criteriaOf(order: string): string[] {
  return order
    .split(",")
    .map((criterion) => criterion.trim())
    .filter((criterion) => criterion !== "");
}

/** The field that a criterion orders by. */
export function fieldOf(criterion: string): string {
  return criterion.split(" ")[0] ?? "";
}

/** A criterion, `field asc` or `field desc`, or its opposite; without a direction it is ascending. */
export function directed(criterion: string, backwards: boolean): string {
  const [field = "", direction = "asc"] = criterion.split(/\s+/);
  return `${field} ${(direction.toLowerCase() === "desc") === backwards ? "asc" : "desc"}`;
}
