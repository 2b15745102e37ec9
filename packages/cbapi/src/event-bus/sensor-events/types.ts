/** A value of a sensor's message: 64-bit integers are bigints, bytes are bytes, messages are objects, repeated fields lists. */
export type SensorValue = string | number | bigint | boolean | Uint8Array | SensorMessage | readonly SensorValue[];

/** A message of a sensor, by the names of its fields. Fields that were not sent are absent. */
export interface SensorMessage {
  readonly [field: string]: SensorValue | undefined;
}
