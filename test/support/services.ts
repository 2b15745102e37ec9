// Servers that some tests need and that this project does not bring along. Tests without theirs are skipped, and
// scripts/services.js says so at the end of `npm test`; where CBAPI_SERVICES is `required`, they fail instead.
import { connect } from "node:net";
import services from "./services.json" with { type: "json" };

export type ServiceName = keyof typeof services;

/** Whether a service answers. Throws where it has to and does not. */
export async function isThere(name: ServiceName): Promise<boolean> {
  const { host, port } = services[name];
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const settle = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => settle(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => settle(false));
  });
  if (!answers && process.env["CBAPI_SERVICES"] === "required") {
    throw new Error(`${name} does not answer at ${host}:${port}, and CBAPI_SERVICES says that it has to`);
  }
  return answers;
}

/** Where RabbitMQ is, as its own tests find it. */
export const rabbitMq = { ...services.RabbitMQ, user: "guest", password: "guest" };

/** Where Redis is. */
export const redisUrl = `redis://${services.Redis.host}:${services.Redis.port}`;
