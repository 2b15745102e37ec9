import { type LiveResponseControl, steering } from "../live-response/control.js";
import type { Hold } from "../product-server.js";
import type { ResponseServer } from "./index.js";
import type { LaunchReport } from "./simulation/launch.js";
import type { LaunchRequest } from "./simulation/launch-request.js";

/** The endpoints of an EDR server, as they are steered from outside. */
export interface ResponseSteering {
  /** Starts a program on an endpoint. Rejects with a RangeError when the request makes no sense. */
  launch(request: LaunchRequest): Promise<LaunchReport>;
  /** Switches an endpoint on or off, by the id of its sensor. Rejects with a RangeError when there is none. */
  setOnline(sensor: number, online: boolean): Promise<void>;
  /** Puts the file of events aside; resolves to where it is then. Rejects with a RangeError when there is none. */
  rotateEvents(): Promise<string>;
  /** Throws a RangeError where there is none. */
  readonly liveResponse: LiveResponseControl;
}

/** Steers the EDR server that is there when it is asked. */
export function steerResponse(hold: Hold<ResponseServer>): ResponseSteering {
  const endpoints = (): ResponseServer => {
    const server = hold.present();
    if (server === undefined) throw new RangeError("This sandbox has no organisation, and so no endpoints");
    return server;
  };
  return {
    launch: (request) => hold.inTurn(() => endpoints().launch(request)),
    setOnline: (sensor, online) => hold.inTurn(() => endpoints().setOnline(sensor, online)),
    rotateEvents: async () => await (await hold.inTurn(() => ({ file: endpoints().rotateEvents() }))).file,
    liveResponse: steering(() => {
      const server = hold.present();
      if (server === undefined) throw new RangeError("This sandbox has no Live Response");
      return server.liveResponse;
    }),
  };
}
