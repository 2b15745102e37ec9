import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { CredentialError } from "../errors.js";
import type { CredentialSystem } from "./files.js";
import { credentialsFromProvider, resolveCredentials } from "./resolve.js";
import type { CredentialOverrides } from "./types.js";

const HOME = "/home/u/.carbonblack/credentials.response";
const ETC = "/etc/carbonblack/credentials.response";
const CWD = "/project/.carbonblack/credentials.response";

/** A system with these files; `null` stands for a file that may not be read. */
function system(files: Record<string, string | null>, env: Record<string, string> = {}): CredentialSystem {
  return {
    env,
    home: "/home/u",
    cwd: "/project",
    platform: "linux",
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error("no file"), { code: "ENOENT" });
      if (content === null) throw Object.assign(new Error("not yours"), { code: "EACCES" });
      return Buffer.from(content);
    },
  };
}

const resolve = (
  files: Record<string, string | null>,
  env: Record<string, string> = {},
  options: CredentialOverrides = {},
  product = "response",
) => resolveCredentials(product, options, system(files, env));
const PLAIN = "[default]\nurl=https://d\ntoken=TDEFAULT\n";

describe("where credentials come from", () => {
  it("merges the three files key by key, the working directory last", () => {
    const files = {
      [ETC]: "[default]\nurl=https://etc\ntoken=TETC\nproxy=http://etc\n[other]\nurl=https://e\ntoken=E\n",
      [HOME]: "[default]\nurl=https://home\ntoken=THOME\n",
      [CWD]: "[default]\nurl=https://cwd\n",
    };
    expect(resolve(files)).toMatchObject({
      url: "https://cwd",
      token: "THOME",
      proxy: "http://etc",
      profile: undefined,
    });
    expect(resolve(files, {}, { profile: "other" })).toMatchObject({
      url: "https://e",
      profile: "other",
      proxy: undefined,
    });
  });

  it("takes a section's own keys before [DEFAULT] of any file", () => {
    const files = { [ETC]: PLAIN, [HOME]: "[DEFAULT]\ntoken=TD\norg_key=WNEX\n" };
    expect(resolve(files)).toMatchObject({ token: "TDEFAULT", org_key: "WNEX" });
  });

  it("prefers the environment when both variables are set, org key included", () => {
    const env = { CBAPI_URL: "https://env", CBAPI_TOKEN: "TENV", CBAPI_SSL_VERIFY: "0", CBAPI_ORG_KEY: "WNEX" };
    const found = resolve({ [HOME]: PLAIN }, env, { profile: "whatever" });
    expect(found).toMatchObject({
      url: "https://env",
      token: "TENV",
      ssl_verify: false,
      org_key: "WNEX",
      profile: "whatever",
    });
    expect(resolve({ [HOME]: PLAIN }, { CBAPI_URL: "https://env" }).url).toBe("https://d");
    expect(
      resolve({ "/project/mine.ini": "[default]\nurl=https://m\ntoken=TM\n" }, env, { credentialFile: "mine.ini" }).url,
    ).toBe("https://m");
  });

  it("reads named files only, in their order", () => {
    const files = { "/a": PLAIN, "/home/u/b": "[default]\ntoken=TB\n", [HOME]: "[default]\nurl=https://home\n" };
    expect(resolve(files, {}, { credentialFile: ["/a", "~/b"] })).toMatchObject({ url: "https://d", token: "TB" });
  });

  it("lets options override single values of a profile, and url with token replace it", () => {
    expect(
      resolve({ [HOME]: `${PLAIN}ssl_verify=yes\n` }, {}, { sslVerify: false, sslVerifyHostname: false, orgKey: "O" }),
    ).toMatchObject({
      url: "https://d",
      ssl_verify: false,
      ssl_verify_hostname: false,
      org_key: "O",
    });
    const direct = resolve(
      {},
      { CBAPI_URL: "https://env", CBAPI_TOKEN: "T" },
      { url: "https://o", token: "TO", profile: "p", ignoreSystemProxy: true },
    );
    expect(direct).toMatchObject({ url: "https://o", token: "TO", profile: undefined, ignore_system_proxy: true });
  });

  it("reads the file of each product; Defense its own before the common one", () => {
    const files = {
      "/home/u/.carbonblack/credentials.defense": "[default]\nurl=https://old\ntoken=TOLD\norg_key=D\n",
      "/home/u/.carbonblack/credentials.psc": "[default]\nurl=https://psc\ntoken=TPSC\n",
      "/project/.carbonblack/credentials.protection": "[default]\nurl=https://prot\ntoken=TP\n",
    };
    expect(resolve(files, {}, {}, "defense")).toMatchObject({ url: "https://psc", org_key: "D" });
    expect(resolve(files, {}, {}, "livequery")).toMatchObject({ url: "https://psc", org_key: undefined });
    expect(resolve(files, {}, {}, "protection").url).toBe("https://prot");
    expect(() => resolve(files, {}, {}, "edr")).toThrow("Product name edr not valid");
  });

  it("checks what a provider returns and fills in the defaults", () => {
    expect(credentialsFromProvider({ url: "https://v", token: "TV" }, { orgKey: "O" })).toMatchObject({
      ssl_verify: true,
      org_key: "O",
    });
    expect(() => credentialsFromProvider({ url: "https://v", token: "" }, {})).toThrow("has no token");
  });
});

describe("values", () => {
  it.each([
    ["1", true],
    ["YES", true],
    ["On", true],
    ["0", false],
    ["No", false],
    ["off", false],
    ["", true],
  ])("reads ssl_verify=%j as %j", (text, expected) => {
    expect(resolve({ [HOME]: `${PLAIN}ssl_verify=${text}\n` }).ssl_verify).toBe(expected);
    expect(resolve({}, { CBAPI_URL: "https://e", CBAPI_TOKEN: "T", CBAPI_SSL_VERIFY: text }).ssl_verify).toBe(expected);
  });

  it("refuses booleans, ports and tokens that have no meaning", () => {
    expect(() => resolve({ [HOME]: `${PLAIN}ssl_verify=constructor\n` })).toThrow('"constructor"');
    expect(() => resolve({ [HOME]: `${PLAIN}ssl_verify=maybe\n` })).toThrow(
      /ssl_verify .*credentials\.response.* "maybe"/,
    );
    expect(() => resolve({ [HOME]: `${PLAIN}rabbitmq_port=high\n` })).toThrow("not a port");
    const continued = () => resolve({ [HOME]: "[default]\nurl=https://d\ntoken=SECRETTOKEN\n  url2=x\n" });
    expect(continued).toThrow("The token from");
    expect(continued).not.toThrow("SECRETTOKEN");
  });

  it("fills in the event bus", () => {
    expect(resolve({ [HOME]: PLAIN })).toMatchObject({
      rabbitmq_user: "cb",
      rabbitmq_host: "localhost",
      rabbitmq_port: 5004,
    });
    expect(resolve({ [HOME]: `${PLAIN}rabbitmq_port=5005\n` }).rabbitmq_port).toBe(5005);
  });
});

describe("errors", () => {
  const failure = (run: () => unknown): CredentialError => {
    try {
      run();
    } catch (error) {
      if (error instanceof CredentialError) return error;
      throw error;
    }
    throw new Error("nothing was thrown");
  };

  it("names every file and what was wrong with it", () => {
    const { message, code } = failure(() => resolve({ [ETC]: null, [CWD]: "[lab]\nurl=https://l\n" }));
    expect(code).toBe("PROFILE_NOT_FOUND");
    expect(message).toContain("credential profile 'default'");
    expect(message).toContain(`${ETC} (no permission to read it)`);
    expect(message).toContain(`${HOME} (absent)`);
    expect(message).toContain(`${CWD} (profiles in it: lab)`);
  });

  it("tells that half an environment is not used", () => {
    expect(failure(() => resolve({}, { CBAPI_TOKEN: "TSECRET" })).message).toContain("CBAPI_URL is not set");
  });

  it("tells which half of a profile is missing, and where", () => {
    const { message } = failure(() => resolve({ [HOME]: "[default]\nurl=https://x\n" }));
    expect(message).toContain("Token and/or URL not available for profile default");
    expect(message).toContain(`${HOME} (no token)`);
  });

  it("names file and line of a file that is not INI, though another file has the profile", () => {
    const error = failure(() => resolve({ [ETC]: "[default]\nurl=https://x\nTOPSECRET\n", [HOME]: PLAIN }));
    expect(error.message).toContain(`${ETC}, line 3`);
    expect(inspect(error)).not.toContain("TOPSECRET");
  });
});

describe("printing", () => {
  it("hides secrets in inspection and JSON, not in direct reads", () => {
    const found = resolve({
      [HOME]: "[default]\nurl=https://d\ntoken=TSECRET\nproxy=http://me:PSECRET@p:1\nrabbitmq_pass=RSECRET\n",
    });
    for (const text of [
      inspect(found),
      inspect({ found }, { depth: 9 }),
      JSON.stringify({ found }),
      `${String(found)}`,
    ]) {
      expect(text).not.toMatch(/[TPR]SECRET/);
    }
    expect(inspect(found)).toContain("http://me:********@p:1");
    expect(found.token).toBe("TSECRET");
    expect(inspect(found, { customInspect: false, showHidden: true })).not.toMatch(/[TPR]SECRET/);
    expect(JSON.stringify({ ...found })).not.toMatch(/[TPR]SECRET/);
    expect(Object.keys(JSON.parse(JSON.stringify(found)) as object)).toContain("ssl_verify");
  });

  it("hides passwords that nobody escaped", () => {
    for (const password of ["a/PSECRET", "a#PSECRET", "a@PSECRET", "1/PSECRET?x"]) {
      const found = resolve(
        { [HOME]: `${PLAIN}proxy=http://me:${password}@p:1\n` },
        {},
        { url: `https://me:${password}@d` },
      );
      expect(`${inspect(found)}${JSON.stringify(found)}`).not.toContain("PSECRET");
      expect(found.proxy).toContain("PSECRET");
    }
  });
});
