import type { SandboxReply } from "../server/product.js";

/** What most writes are answered with. */
export const SUCCESS: SandboxReply = { status: 200, body: { result: "success" } };
