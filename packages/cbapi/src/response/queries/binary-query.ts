import type { Binary } from "../models/binary.js";
import { SearchQuery } from "./search-query.js";

/** A search for binaries: `GET /api/v1/binary`. */
export class BinaryQuery extends SearchQuery<Binary> {
  protected readonly defaultSort = "";
  protected readonly consolePage = "binaries";
  protected readonly tieBreak = "md5 asc";
}
