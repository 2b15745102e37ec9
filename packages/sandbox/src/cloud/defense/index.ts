import type { CloudRoute, MakePart } from "../part.js";
import { classicDeviceRoutes } from "./devices.js";
import { classicEventRoutes } from "./events.js";
import { notificationRoutes } from "./notifications.js";

/** The third generation of the service, besides its policies and its audit log: devices, events, notifications. */
export const defensePart: MakePart = (context) => {
  const routes: CloudRoute[] = [
    ...classicDeviceRoutes(context),
    ...classicEventRoutes(context),
    ...notificationRoutes(context),
  ];
  return { routes };
};
