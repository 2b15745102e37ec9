/** What a sandbox holds, from what it tells of itself. */
export function organisationText(info: Readonly<Record<string, unknown>>): string {
  const organisation = info["organisation"];
  const counts = typeof organisation === "object" && organisation !== null ? Object.entries(organisation) : [];
  const texts = counts
    .filter(([name]) => name !== "documents")
    .map(([name, count]) => `${Number(count).toLocaleString("en-US")} ${name}`);
  return texts.length === 0 ? "nothing in it" : texts.join(", ");
}
