import type { Ref } from "../../core/model/ref-type.js";
import type { Sensor } from "../models/sensor/sensor.js";

/** An endpoint for Live Response: the id of its sensor, or the sensor itself, loaded or not. */
export type LiveResponseTarget = number | string | Sensor | Ref<Sensor>;
