type Info = Readonly<Record<string, unknown>>;

/** What a sandbox holds, from what it tells of itself. */
export function organisationText(info: Info): string {
  const texts = countsOf(info)
    .filter(([name]) => name !== "documents")
    .map(([name, count]) => `${Number(count).toLocaleString("en-US")} ${name}`);
  return texts.length === 0 ? "nothing in it" : texts.join(", ");
}

/** Whether there is anything to search. */
export function holdsProcesses(info: Info): boolean {
  return countsOf(info).some(([name, count]) => name === "processes" && Number(count) > 0);
}

function countsOf({ organisation }: Info): [name: string, count: unknown][] {
  return typeof organisation === "object" && organisation !== null ? Object.entries(organisation) : [];
}
