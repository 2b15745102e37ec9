import { startServer } from "./server.js";

const [rows = 20_000, sensors = 50, binaries = 200, delay = 5] = process.argv.slice(2).map(Number);
const { url } = await startServer({ rows, sensors, binaries, delay });
process.send?.(url);
process.on("disconnect", () => process.exit(0));
