import type { TokenRecord } from "../server/product.js";
import type { Store } from "../store/index.js";
import { recordsOf, USER, USER_GROUP } from "./objects/index.js";
import { type Right, rightsIn } from "./rights.js";

/** The users of the console who have a token of their own: it carries what their groups may do. */
export class ConsoleAccounts {
  readonly #store: Store;
  #secrets: readonly string[] = [];
  #isOpen = true;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whose token this is; undefined when it is nobody's, or that of a user who is not enabled. */
  find(token: string): TokenRecord | undefined {
    const user = token === "" ? undefined : recordsOf(this.#store, USER).find("apiToken", token);
    if (user === undefined || user.enabled !== true) return undefined;
    return { token, username: user.name ?? "", globalAdmin: false, rights: this.#rightsOf(user.userGroupIds ?? "") };
  }

  /** The tokens of all users, so that they can be kept out of what is written down. */
  secrets(): readonly string[] {
    if (this.#isOpen) {
      const users = recordsOf(this.#store, USER).all();
      this.#secrets = users.flatMap(({ apiToken }) => apiToken || []);
    }
    return this.#secrets;
  }

  /** Reads nothing any more. */
  close(): void {
    this.#isOpen = false;
  }

  #rightsOf(groupIds: string): readonly Right[] {
    const groups = recordsOf(this.#store, USER_GROUP);
    const rights = groupIds.split(",").flatMap((id) => {
      const group = groups.get(Number(id));
      return group?.enabled === true ? rightsIn(group.permissions ?? "") : [];
    });
    return [...new Set(rights)];
  }
}
