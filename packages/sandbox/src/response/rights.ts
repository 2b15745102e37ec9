import { HttpProblem, type SandboxRequest } from "../server/product.js";

/**
 * Who may do what. Reading is for every token, but for what the last column names; what a team may do where is kept and
 * shown, and limits nobody.
 *
 * | what | changed by | beyond that |
 * |---|---|---|
 * | groups, sites, ingress filters, teams, the licence | global administrators | |
 * | partitions | global administrators | read by them alone |
 * | users | global administrators; everybody his own names, address and password | tokens are shown to them and to their owner |
 * | feeds and their actions | global administrators | `password` and `ssl_client_key` are null to others |
 * | uninstalling sensors | global administrators | |
 * | sensors otherwise: isolation, restart, flush, notes, group | every token | |
 * | watchlists and their actions, alerts, threat reports, bans, tagged events | every token | |
 * | Live Response | every token | |
 * | `/_sandbox` | global administrators, on this machine | the sandbox's main token, whatever became of its account |
 *
 * Rights are those of the account that a token belongs to. {@link requireAdministrator} refuses everybody but global
 * administrators; `what` completes "... is for global administrators".
 */
export function requireAdministrator({ user }: SandboxRequest, what: string): void {
  if (!user.globalAdmin) throw new HttpProblem(403, `${what} is for global administrators`);
}
