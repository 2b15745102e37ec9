import { ApiError } from "../core/errors.js";
import { isRef, type Ref } from "../core/model/ref.js";
import { parseTime } from "../core/time.js";
import type { CallOptions } from "../core/transport/types.js";
import type { Endpoint, EndpointState, LiveResponseDialect } from "../live-response/dialect.js";
import type { LiveResponseTarget, ProcessInfo, RegistryValue, SessionId } from "../live-response/types.js";
import type { CbResponseAPI } from "./client.js";
import { Sensor } from "./models/sensor.js";

