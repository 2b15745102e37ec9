/** By what the App Control server departs from its best behaviour: see {@link Behaviour}. */
export interface ProtectionSwitches {
  /** Whether offsets of searches count from 1, and 0 means 1 too, as on a server of 2016. */
  oneBasedOffset: boolean;
  /** What writes are answered with: the `object`, its `id` alone, or nothing (`empty`). */
  writeAnswers: string;
  /** Whether fields that are null are left out of documents. */
  omitNulls: boolean;
  /** Whether so many files are being downloaded already that further downloads are refused with 503. */
  downloadsBusy: boolean;
}

declare module "../server/behaviour.js" {
  interface Behaviour extends ProtectionSwitches {}
}

/** The best behaviour. */
export const PROTECTION_SWITCHES: Readonly<ProtectionSwitches> = {
  ...{ oneBasedOffset: false, writeAnswers: "object", omitNulls: false, downloadsBusy: false },
};
