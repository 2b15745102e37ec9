/** By what the EDR server departs from its best behaviour: see {@link Behaviour}. */
export interface ResponseSwitches {
  /** Added to the totals of process and binary searches: servers promise more rows than they have. */
  totalOverestimate: number;
  /** So many rows appear on top of a result between two of its pages; negative: so many vanish. */
  shiftRows: number;
  /** Whether threat intelligence is shared; when not, asking for its hits is an internal error. */
  sharingEnabled: boolean;
  /** Whether an EDR server of version 6 still keeps events of an older schema in one of its partitions. */
  legacyPartitions: boolean;
  /** Whether an EDR server offers Live Response; when not, its routes answer 412. */
  liveResponseEnabled: boolean;
  /** How many Live Response sessions an EDR server can have at a time. */
  liveResponseSlots: number;
  /** Whether result codes of Windows endpoints are sent as signed numbers. */
  signedResultCodes: boolean;
}

declare module "../server/behaviour.js" {
  interface Behaviour extends ResponseSwitches {}
}

/** The best behaviour. */
export const RESPONSE_SWITCHES: Readonly<ResponseSwitches> = {
  ...{ totalOverestimate: 0, shiftRows: 0, sharingEnabled: true, legacyPartitions: false },
  ...{ liveResponseEnabled: true, liveResponseSlots: 10, signedResultCodes: false },
};

/** Ways to misbehave, read at every request: set them while the server runs. What may be left out is at its best then. */
export type ResponseBehaviour = Pick<ResponseSwitches, "totalOverestimate" | "shiftRows"> & Partial<ResponseSwitches>;
