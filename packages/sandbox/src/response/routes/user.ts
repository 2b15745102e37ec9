import type { TeamRecord, UserRecord } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_NAME, readObject, WriteBody, wrongType } from "../../server/write-body.js";
import { hashPassword, isPassword } from "../accounts.js";
import type { ResponseContext } from "../context.js";
import { userDocument } from "../documents/account.js";
import { present } from "../found.js";
import { requireAdministrator } from "../rights.js";
import { SUCCESS } from "../success.js";

const REQUIRED = ["username", "first_name", "last_name", "email", "teams", "global_admin"] as const;
const LONGEST_USERNAME = 128;
const LONGEST_PASSWORD = 1024;

type Changes = Partial<Omit<UserRecord, "id" | "username">>;

/** Users. Everybody sees them and may change himself; the rest is for global administrators. */
export function userRoutes(context: ResponseContext): Route[] {
  const { accounts } = context;
  const teams = context.store.collection("team");
  const byId = (): Map<number, TeamRecord> => new Map(teams.all().map((team) => [team.id, team]));
  const locate = (username = ""): UserRecord => present(accounts.find(username), "User");
  const documentFor =
    ({ user }: SandboxRequest, known: ReadonlyMap<number, TeamRecord>) =>
    (account: UserRecord): Record<string, unknown> => {
      if (account.username === user.username) return userDocument(account, known, user.token);
      return userDocument(account, known, user.globalAdmin ? accounts.tokenOf(account) : undefined);
    };

  return [
    {
      method: "GET",
      path: "/api/users",
      handle: (request) => {
        accounts.of(request);
        return { status: 200, body: accounts.all().map(documentFor(request, byId())) };
      },
    },
    {
      method: "POST",
      path: "/api/user",
      handle: async (request) => {
        requireAdministrator(request, "Adding users");
        const body = readObject(request);
        body.require(...REQUIRED);
        const username = readUsername(body);
        const wanted = { ...NOBODY, ...readChanges(body, byId()), ...(await readPassword(body)) };
        if (accounts.find(username) !== undefined) throw new HttpProblem(409, `User already exists: ${username}`);
        accounts.add({ ...wanted, username });
        return SUCCESS;
      },
    },
    {
      method: "GET",
      path: "/api/user/:name",
      handle: (request) => {
        accounts.of(request);
        return { status: 200, body: documentFor(request, byId())(locate(request.params["name"])) };
      },
    },
    {
      method: "PUT",
      path: "/api/user/:name",
      handle: async (request) => {
        const name = request.params["name"];
        if (name !== accounts.of(request).username) requireAdministrator(request, "Changing other users");
        const body = readObject(request);
        const changes = { ...readChanges(body, byId()), ...(await readPassword(body, locate(name))) };
        // Read after the password has been hashed, which takes its time.
        const account = locate(name);
        if ((body.text("username") ?? account.username) !== account.username) {
          throw new HttpProblem(400, "username cannot be changed");
        }
        checkRights(request, account, changes);
        if (changes.global_admin === false && accounts.isLastAdministrator(account)) {
          throw new HttpProblem(400, "The last global administrator has to stay one");
        }
        accounts.save({ ...account, ...changes });
        return SUCCESS;
      },
    },
    {
      method: "DELETE",
      path: "/api/user/:name",
      handle: (request) => {
        requireAdministrator(request, "Deleting users");
        const account = locate(request.params["name"]);
        if (accounts.isLastAdministrator(account)) {
          throw new HttpProblem(400, "The last global administrator cannot be deleted");
        }
        accounts.remove(account);
        return SUCCESS;
      },
    },
  ];
}

const NOBODY = { first_name: "", last_name: "", email: "", global_admin: false, teams: [] as number[] };

/** The fields of a user that are in the body, checked; a whole document and a few fields of one both will do. */
function readChanges(body: WriteBody, teams: ReadonlyMap<number, TeamRecord>): Changes {
  const changes: Changes = {};
  for (const name of ["first_name", "last_name", "email"] as const) {
    const text = body.text(name, LONGEST_NAME);
    if (text !== undefined) changes[name] = text;
  }
  const globalAdmin = body.flag("global_admin");
  if (globalAdmin !== undefined) changes.global_admin = globalAdmin;
  const list = body.list("teams");
  if (list !== undefined) changes.teams = readTeams(list, teams);
  return changes;
}

/** Teams are given by their ids or as objects that have one. */
function readTeams(list: readonly unknown[], teams: ReadonlyMap<number, TeamRecord>): number[] {
  const ids = list.map((entry) => {
    const id = typeof entry === "object" && entry !== null ? new WriteBody(entry, "A team").integer("id") : entry;
    if (typeof id !== "number") throw wrongType("teams", "a list of teams, each its id or an object with an id");
    if (!teams.has(id)) throw new HttpProblem(400, `There is no team ${id}`);
    return id;
  });
  return [...new Set(ids)];
}

function readUsername(body: WriteBody): string {
  const name = body.text("username") ?? "";
  // It is a part of paths; half of a surrogate pair could not be sent in one.
  const fits = /^[^\p{Cc}\p{Cs}\s/\\](?:[^\p{Cc}\p{Cs}/\\]*[^\p{Cc}\p{Cs}\s/\\])?$/u.test(name);
  if (!fits || name.length > LONGEST_USERNAME || name === "." || name === "..") {
    throw new HttpProblem(
      400,
      `username must be 1 to ${LONGEST_USERNAME} characters without slashes, and without blanks at either end`,
    );
  }
  return name;
}

/** The new password, hashed. A user who names his present one must be right about it. */
async function readPassword(body: WriteBody, account?: UserRecord): Promise<{ password?: string }> {
  const password = body.text("password");
  const present = body.text("current_password");
  if (password === undefined) return {};
  if (password === "" || password.length > LONGEST_PASSWORD) {
    throw new HttpProblem(400, `password must be 1 to ${LONGEST_PASSWORD} characters`);
  }
  if (present !== undefined && account?.password !== undefined) {
    const right = present.length <= LONGEST_PASSWORD && (await isPassword(present, account.password));
    if (!right) throw new HttpProblem(400, "current_password is not the present password");
  }
  return { password: await hashPassword(password) };
}

/** Nobody gives rights to himself. */
function checkRights(request: SandboxRequest, account: UserRecord, { global_admin, teams }: Changes): void {
  const same = (ids: readonly number[]): string => [...ids].sort((a, b) => a - b).join();
  if (global_admin !== undefined && global_admin !== account.global_admin) {
    requireAdministrator(request, "Changing global_admin");
  }
  if (teams !== undefined && same(teams) !== same(account.teams)) requireAdministrator(request, "Changing teams");
}
