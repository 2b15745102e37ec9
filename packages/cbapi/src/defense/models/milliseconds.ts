import { type DateTimeField, t } from "../../core/model/fields.js";

/** A moment that the service writes as milliseconds since 1970, or as text where it comes from the platform. */
export const moment: DateTimeField = {
  ...t.dateTime(),
  decode: (raw) => {
    if (typeof raw !== "number") return t.dateTime().decode(raw);
    const date = new Date(raw);
    return Number.isNaN(date.getTime()) ? undefined : date;
  },
};
