/** Where the clients of one product ask for sessions. They see no others. */
export interface SessionDesk {
  /** The product's name. */
  readonly product: string;
  /** How many slots there are: asked at each request. */
  slots(): number;
  /** Whether a slot is for all sessions with an endpoint; for one session when left out. */
  readonly perEndpoint?: boolean;
}
