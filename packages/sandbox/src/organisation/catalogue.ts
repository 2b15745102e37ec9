import { createHash } from "node:crypto";
import type { BinaryRecord, OrganisationSink } from "../domain/index.js";
import { baseName } from "../paths.js";
import type { Steps } from "../steps.js";
import { imageBytes } from "./files/pe.js";
import type { Random } from "./random.js";
import { componentWords, products } from "./software/index.js";
import type { Product } from "./software/product.js";

/** A file of the organisation: where it lies on the endpoints, and the record that the server keeps of it. */
export interface Image {
  /** As it stands in events: lower case on Windows. */
  path: string;
  name: string;
  product: string;
  /** Its hashes are taken when it is first asked for: many files of a catalogue are never run, least of all in a small company. */
  readonly record: BinaryRecord;
  firstSeen: number;
  lastSeen: number;
}

/** What a binary is made from; sizes, times and hashes follow. */
export type BinaryDraft = Partial<BinaryRecord> & { os_type: BinaryRecord["os_type"] };

const YEAR = 365 * 86_400_000;
/** A feed of software known to be good: its scores are negative. */
const TRUST_FEED = "srstrust";

/** All files that run or are loaded in the organisation. Binaries are written to the sink at the end, when it is known who saw them. */
export class Catalogue {
  readonly #images: Image[] = [];
  readonly #byName = new Map<string, Image>();
  readonly #libraries = new Map<string, Image[]>();
  readonly #cursors = new Map<string, number>();
  readonly #random: Random;
  readonly #now: number;

  constructor(random: Random, now: number) {
    this.#random = random;
    this.#now = now;
    for (const product of products) this.#addProduct(product);
  }

  /** A program by its name or, where names repeat, by its path. */
  program(name: string, os: BinaryRecord["os_type"] = "Windows"): Image {
    const image = this.#byName.get(`${os} ${name}`);
    if (image === undefined) throw new Error(`no such program in the catalogue: ${name} (${os})`);
    return image;
  }

  /** {@link program}, of Windows, for names that not every organisation has. */
  find(name: string): Image | undefined {
    return this.#byName.get(`Windows ${name}`);
  }

  /** The next `count` libraries of a product, in turn, so that in the end all of them have been loaded. */
  librariesInTurn(product: string, count: number): Image[] {
    const list = this.#libraries.get(product);
    if (list === undefined || list.length === 0) return [];
    let cursor = this.#cursors.get(product) ?? 0;
    const out: Image[] = [];
    for (let i = 0; i < count && i < list.length; i++) {
      const image = list[cursor % list.length];
      if (image !== undefined) out.push(image);
      cursor++;
    }
    this.#cursors.set(product, cursor % list.length);
    return out;
  }

  /** Adds a file. Hashes that the draft does not carry are taken from the bytes that the sandbox serves for it. */
  add(path: string, product: string, draft: BinaryDraft): Image {
    const name = baseName(path);
    const size = draft.orig_mod_len ?? this.#size();
    const record: BinaryRecord = {
      md5: "",
      sha256: "",
      observed_filename: [path],
      orig_mod_len: size,
      copied_mod_len: size,
      is_executable_image: /\.(exe|com|scr)$/i.test(name) || draft.os_type !== "Windows",
      is_64bit: true,
      server_added_timestamp: this.#now - Math.floor((0.1 + this.#random.fraction()) * YEAR),
      last_seen: 0,
      digsig_result: draft.digsig_publisher === undefined ? "Unsigned" : "Signed",
      ...draft,
    };
    const image: Image = {
      ...{ path, name, product, firstSeen: Number.POSITIVE_INFINITY, lastSeen: 0 },
      get record() {
        return withHashes(record);
      },
    };
    this.#images.push(image);
    const key = `${draft.os_type} ${name}`;
    if (!this.#byName.has(key)) this.#byName.set(key, image);
    const whole = `${draft.os_type} ${path}`;
    if (!this.#byName.has(whole)) this.#byName.set(whole, image);
    return image;
  }

  /** Makes up libraries for the products that have a stem, until the catalogue has the wanted size; in small steps. */
  *filling(total: number): Steps<void> {
    const open = products.filter((product) => product.stem !== undefined);
    for (let i = 0; this.#images.length < total && open.length > 0; i++) {
      const product = open[i % open.length];
      if (product === undefined) break;
      const round = Math.floor(i / open.length);
      const word = componentWords[round % componentWords.length] ?? "core";
      const generation = Math.floor(round / componentWords.length);
      const name = `${product.stem}${word}${generation === 0 ? "" : generation + 1}.dll`;
      const path = `${product.directory}\\${name}`;
      if (this.#byName.has(`Windows ${path}`)) continue;
      const draft = this.#draft(product, name, `${product.name} ${word} library`, false);
      const odd = this.#random.between(0, 199);
      if (odd === 0) draft.digsig_result = "Expired";
      else if (odd === 1) draft.digsig_result = "Invalid Chain";
      else if (odd === 2) draft.digsig_result = "Bad Signature";
      else if (odd === 3) draft.digsig_result = "Untrusted Root";
      if (this.#random.chance(0.5)) draft.copied_mod_len = 0;
      const list = this.#libraries.get(product.key) ?? [];
      list.push(this.add(path, product.key, draft));
      this.#libraries.set(product.key, list);
      yield;
    }
  }

  get size(): number {
    return this.#images.length;
  }

  /** Writes every binary that some process ran or loaded; returns how many. */
  flush(sink: OrganisationSink): number {
    let count = 0;
    for (const image of this.#images) {
      if (image.lastSeen === 0) continue;
      const { record } = image;
      record.last_seen = Math.min(this.#now, image.lastSeen);
      // What ran before the server kept binaries has been there longer; what came later was added when first seen.
      record.server_added_timestamp = Math.min(record.server_added_timestamp, image.firstSeen + 95_000);
      sink.binary(record);
      count++;
    }
    return count;
  }

  #addProduct(product: Product): void {
    for (const entry of product.programs.split("|")) this.#addListed(product, entry.trim(), true);
    const libraries = product.libraries?.split("|") ?? [];
    const made = libraries.map((entry) => this.#addListed(product, entry.trim(), false));
    if (made.length > 0) this.#libraries.set(product.key, made);
  }

  #addListed(product: Product, entry: string, executable: boolean): Image {
    const narrow = entry.startsWith("!");
    const unsigned = entry.endsWith("~");
    const bare = entry.slice(narrow ? 1 : 0, unsigned ? -1 : undefined);
    const colon = bare.lastIndexOf(":");
    const [name, description] = colon < 0 ? [bare, undefined] : [bare.slice(0, colon), bare.slice(colon + 1)];
    const separator = product.os === "Windows" ? "\\" : "/";
    const path = name.startsWith("/") || name.includes("\\") ? name : `${product.directory}${separator}${name}`;
    const draft = this.#draft(product, baseName(path), description, unsigned);
    draft.is_64bit = !narrow;
    draft.is_executable_image = executable;
    // A Notepad is what the first example of every guide downloads.
    if (name !== "notepad.exe" && this.#random.chance(0.25)) draft.copied_mod_len = 0;
    return this.add(path, product.key, draft);
  }

  #draft(product: Product, name: string, description: string | undefined, unsigned: boolean): BinaryDraft {
    const draft: BinaryDraft = { os_type: product.os };
    if (product.os === "Windows") {
      draft.original_filename = name;
      draft.internal_name = name.replace(/\.[a-z]+$/, "");
      draft.file_desc = description ?? name;
      draft.file_version = product.version;
      draft.product_name = product.name;
      draft.product_version = product.version;
      draft.company_name = product.company;
      draft.legal_copyright = `© ${product.company}. All rights reserved.`;
    }
    if (product.publisher !== undefined && !unsigned) {
      draft.digsig_result = "Signed";
      draft.digsig_publisher = product.publisher;
      draft.digsig_issuer = product.issuer ?? product.publisher;
      draft.digsig_subject = `${product.publisher}, ${product.company || product.publisher}`;
      draft.digsig_sign_time = this.#now - Math.floor((0.2 + 2 * this.#random.fraction()) * YEAR);
    }
    if (product.publisher?.startsWith("Microsoft")) {
      draft.alliance = {
        [`alliance_score_${TRUST_FEED}`]: -100,
        [`alliance_data_${TRUST_FEED}`]: [`trusted-${product.key}`],
        [`alliance_link_${TRUST_FEED}`]: "https://services.example/trust",
      };
    }
    return draft;
  }

  /** Between 4 and 60 KB, the small ones far more often: the bytes of all of them are hashed. */
  #size(): number {
    const fraction = this.#random.fraction();
    return 4096 + Math.floor(fraction * fraction * fraction * 56_000) + 8 * this.#random.between(0, 63);
  }
}

function withHashes(record: BinaryRecord): BinaryRecord {
  if (record.md5 !== "" && record.sha256 !== "") return record;
  const bytes = imageBytes(record);
  if (record.md5 === "") record.md5 = createHash("md5").update(bytes).digest("hex");
  if (record.sha256 === "") record.sha256 = createHash("sha256").update(bytes).digest("hex");
  return record;
}
