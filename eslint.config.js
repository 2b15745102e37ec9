// Two things only, which need types or know the rooms: promise mistakes, and who may import whom. Biome does the rest.
import tseslint from "typescript-eslint";

/** Forbids, in the files of one room, imports that reach into other rooms. */
const room = (files, ...forbidden) => ({
  files,
  // A test may drive a lower room through a product that stands on it.
  ignores: ["packages/cbapi/src/{core,live-response}/**/*.{test,types}.ts"],
  rules: {
    "no-restricted-imports": ["error", { patterns: forbidden.map(([regex, message]) => ({ regex, message })) }],
  },
});

const products = ["response", "protection", "psc", "defense", "threathunter", "livequery"];
const cloud = ["defense", "threathunter", "livequery"];
// The sandbox plays the four of the Cloud as one.
const played = ["response", "protection", "cloud"];
/** What several products can do. */
const abilities = ["live-response", "event-bus"];
const sdk = "packages/cbapi/src";
const noSandbox = ["^@cbapi/", "The SDK imports nothing of the other packages."];
const sandbox = "packages/sandbox/src";
/** What the products of the sandbox have in common. */
const common = ["domain", "endpoint", "importer", "live-response", "organisation", "query", "server", "store", "tls"];
const noSdk = [
  "^(cbapi|@cbapi)(/|$)|\\.\\./cbapi(/|$)",
  "The sandbox never imports the SDK: a misreading of the protocol must not be shared by both.",
];

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/*.js", "docs/reference/**"] },
  {
    files: ["**/*.ts"],
    plugins: { "@typescript-eslint": tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: "./tsconfig.test.json", tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { checkThenables: true }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  room([`${sdk}/core/**/*.ts`], noSandbox, [
    `\\.\\./(${[...products, ...abilities].join("|")})(/|$)`,
    "core is the bottom room: it imports no product.",
  ]),
  room([`${sdk}/{${abilities.join(",")}}/**/*.ts`], noSandbox, [
    `\\.\\./(${products.join("|")})(/|$)`,
    "What several products can do knows none of them: what differs is in a dialect.",
  ]),
  ...products.map((product) =>
    room([`${sdk}/${product}/**/*.ts`], noSandbox, [
      `\\.\\./(${products.filter((other) => other !== product && !(other === "psc" && cloud.includes(product))).join("|")})(/|$)`,
      "No product imports another product; those of the Cloud share what they share through psc.",
    ]),
  ),
  room(["packages/sandbox/**/*.ts"], noSdk),
  room(
    ["packages/fleet/**/*.ts"],
    ["^@cbapi/|(^|/)(cbapi|sandbox|cli)/(src|dist)(/|$)", "The fleet stands on the SDK alone, by its public names."],
  ),
  {
    ...room([`${sandbox}/{${common.join(",")}}/**/*.ts`], noSdk, [
      `\\.\\./(${played.join("|")})(/|$)`,
      "What all products of the sandbox stand on knows none of them.",
    ]),
    ignores: [`${sandbox}/**/*.test.ts`],
  },
  ...played.map((product) =>
    room([`${sandbox}/${product}/**/*.ts`], noSdk, [
      `\\.\\./(${played.filter((other) => other !== product).join("|")})(/|$)`,
      "No product of the sandbox imports another: what they share is common.",
    ]),
  ),
  room(
    ["bench/**/*.ts", "conformance/**/*.ts", "examples/**/*.ts", "packages/cli/**/*.ts", "test/**/*.ts"],
    ["(^|/)(cbapi|sandbox|fleet|cli)/(src|dist)(/|$)", "Use the public names (cbapi, cbapi/response, @cbapi/sandbox)."],
  ),
);
