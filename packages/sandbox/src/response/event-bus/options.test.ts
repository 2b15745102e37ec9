import { describe, expect, it } from "vitest";
import { type EventOptions, eventSettings } from "./options.js";

describe("the options of events", () => {
  it("say where the broker is and who publishes", () => {
    expect(eventSettings({ amqp: "amqp://u%40x:p%2Fq@host/v%2Fh" })).toEqual({
      broker: { hostname: "host", port: 5672, username: "u@x", password: "p/q", vhost: "v/h", tls: false },
      ...{ exchange: "api.events", file: undefined, forwarder: "newer", rawEvents: false },
    });
    expect(eventSettings({ amqp: "amqps://[::1]" }).broker).toMatchObject({
      ...{ hostname: "::1", port: 5671, username: "guest", vhost: "/", tls: true },
    });
  });

  it.each([
    [{}, /needs a place/],
    [{ amqp: "http://secret@host" }, /address of a RabbitMQ/],
    [{ amqp: "amqp://u:%zz@host" }, /no escape/],
    [{ file: "x", forwarder: "old" }, /`events.forwarder` is/],
    [{ file: "" }, /path of a file/],
    [{ file: "x", exchange: "" }, /1 to 255 bytes/],
    [{ file: "x", raw: true }, /`raw` is not known/],
  ])("%j make no sense", (options, message) => {
    const refused = () => eventSettings(options as EventOptions);
    expect(refused).toThrow(message);
    expect(refused).toThrow(RangeError);
    expect(refused).not.toThrow(/secret|zz/);
  });
});
