// The last lines of `npm test`: which tests were skipped because the servers that they need are not on this machine.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const services = JSON.parse(readFileSync(new URL("../test/support/services.json", import.meta.url), "utf8"));

/** @param {string} host @param {number} port @returns {Promise<boolean>} */
const answers = (host, port) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const settle = (/** @type {boolean} */ found) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => settle(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => settle(false));
  });

for (const [name, { host, port, tests }] of Object.entries(services)) {
  if (await answers(host, port)) console.log(`${name} is at ${host}:${port}: ${tests} has run`);
  else console.log(`SKIPPED, as there is no ${name} at ${host}:${port}: ${tests}`);
}
