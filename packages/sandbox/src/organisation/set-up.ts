/** What those go by who set an organisation up: the same gives the same objects. */
export interface SetUp {
  seed: string;
  /** The organisation's present. */
  now: number;
  scale: "default" | "small" | "empty";
}
