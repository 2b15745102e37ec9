import { HttpProblem } from "../../server/product.js";
import { readObject } from "../../server/write-body.js";
import type { CloudRoute } from "../part.js";

const ENCODED = /-e(?:nc(?:odedcommand)?|c)?\s+["']?([A-Za-z0-9+/]{8,}={0,2})/i;

/** What a command line that hides something says: an encoded PowerShell command is decoded, joined texts are put together. */
export function revealRoutes(): CloudRoute[] {
  return [
    {
      ...{ method: "POST", path: "/tau/v2/orgs/:org/reveal", needs: "script.deobfuscation(EXECUTE)" },
      handle: (request) => {
        const body = readObject(request);
        body.require("input");
        const input = body.text("input") ?? "";
        if (input === "") throw new HttpProblem(400, "input must not be empty");
        const encoded = ENCODED.exec(input)?.[1];
        const script = encoded === undefined ? input : Buffer.from(encoded, "base64").toString("utf16le");
        const plain = script.replace(/(["'])\s*\+\s*\1/g, "");
        return {
          status: 200,
          body: {
            ...{ original_code: input, deobfuscated_code: plain, identities: identitiesIn(plain) },
            strings: [...plain.matchAll(/'([^']+)'|"([^"]+)"/g)].map(([, single, double]) => single ?? double),
            obfuscation_level: encoded !== undefined ? 0.9 : plain === input ? 0 : 0.5,
          },
        };
      },
    },
  ];
}

/** The commands of PowerShell that a script names. */
const identitiesIn = (script: string): string[] => [
  ...new Set([...script.matchAll(/\b[A-Z][a-z]+-[A-Z]\w+/g)].map(([name]) => name)),
];
