import type { FeedDocument, PublishedReport, ReportIocs } from "../domain/index.js";
import { Random } from "./random.js";
import type { SetUp } from "./set-up.js";
import { INTRUSION } from "./story.js";

const DAY = 86_400_000;

/** A feed as it is published, and how it is set up. */
export interface PublishedFeed {
  document: FeedDocument;
  enabled?: boolean;
  /** Whether its hits raise alerts. */
  alerts?: boolean;
}

/** The MD5 of a file of the organisation by its name; undefined when it has no such file. */
export type KnownFiles = (name: string) => string | undefined;

const info = (name: string, display_name: string, category: string, summary: string, provider_rating = 3) => ({
  ...{ name, display_name, category, summary, provider_rating },
  provider_url: `https://${name.toLowerCase()}.feeds.example`,
  tech_data: "No data leaves the server: reports are downloaded and matched here.",
});

/** Writes reports of one feed; their times are given as days before the organisation's present. */
class Reports {
  readonly list: PublishedReport[] = [];

  constructor(
    private readonly feed: string,
    private readonly now: number,
  ) {}

  add(
    id: string,
    title: string,
    score: number,
    days: number,
    iocs: ReportIocs,
    more: Partial<PublishedReport> = {},
  ): this {
    this.list.push({
      ...{ id, title, score, iocs },
      link: `https://${this.feed}.feeds.example/${id}`,
      timestamp: Math.floor((this.now - days * DAY) / 1000),
      ...more,
    });
    return this;
  }

  query(id: string, title: string, score: number, days: number, q: string, more: Partial<PublishedReport> = {}): this {
    const search_query = `cb.urlver=1&q=${encodeURIComponent(q)}`;
    return this.add(id, title, score, days, { query: [{ index_type: "events", search_query }] }, more);
  }
}

/** The feeds of an organisation. Those of the small one hold a few reports, those of the default one hundreds. */
export function publishedFeeds(setUp: SetUp, files: KnownFiles): PublishedFeed[] {
  const lists = setUp.scale === "default";
  return [
    {
      document: {
        feedinfo: info(
          "srstrust",
          "Known Software",
          "Reputation",
          "Software that many trust; its scores are negative.",
        ),
        // What is trusted is asked for file by file.
        reports: [],
      },
    },
    { document: reputation(setUp, files) },
    { document: socReports(setUp, files), alerts: true },
    { document: techniques(setUp), alerts: true },
    { document: blocklist(setUp, files, lists ? 180 : 6) },
    { document: exitNodes(setUp, lists ? 60 : 3) },
    { document: lookalikes(setUp, lists ? 80 : 3), enabled: false },
  ];
}

/** The two programs that other companies have seen too; what it says stands in their documents already. */
function reputation({ now }: SetUp, files: KnownFiles): FeedDocument {
  const reports = new Reports("virustotal", now);
  const known = [
    ["onesyncsvc.exe", "onesyncsvc", "onesyncsvc", 61],
    ["evil.exe", "5f4dcc3b5aa765d61d8327deb882cf99", "evil", 48],
  ] as const;
  for (const [name, id, page, score] of known) {
    const md5 = files(name);
    if (md5 === undefined) continue;
    const link = `https://services.example/file/${page}`;
    reports.add(id, `${score} scanners know ${name}`, score, 2, { md5: [md5] }, { link });
  }
  return {
    feedinfo: info("virustotal", "File Reputation", "Reputation", "What scanners say of a file."),
    reports: reports.list,
  };
}

/** What the organisation's own analysts have written down. */
function socReports({ now, seed }: SetUp, files: KnownFiles): FeedDocument {
  const random = new Random(`${seed}/feeds/soc`);
  const reports = new Reports("soc", now);
  const beacon = files("onesyncsvc.exe");
  const { domain, address, dropSite } = INTRUSION;
  reports.add(
    "soc-onesync",
    "OneSync implant and its servers",
    90,
    1,
    {
      ...(beacon === undefined ? {} : { md5: [beacon] }),
      ...{ dns: [domain, dropSite.domain], ipv4: [address, dropSite.address] },
    },
    { description: "Dropped by an invoice document; talks to its servers every three minutes.", tags: ["implant"] },
  );
  const campaigns = ["loader", "second stage", "panel", "mail server", "test build"];
  campaigns.forEach((part, index) => {
    reports.add(
      `soc-fuzzywombat-${index + 1}`,
      `FUZZYWOMBAT ${part}`,
      55 + 5 * index,
      60 + 7 * index,
      index % 2 === 0
        ? { md5: [random.hex(32)], sha256: [random.hex(64)] }
        : { dns: [`fuzzy-${index}.wombat.example`], ipv4: [`198.51.100.${20 + index}`] },
      { description: "Seen at a partner, never here.", tags: ["fuzzywombat", "partner"] },
    );
  });
  reports.query("soc-fuzzywombat-cmd", "FUZZYWOMBAT command line", 60, 40, "cmdline:fuzzywombat", {
    description: "The builder leaves its name in the command line.",
    tags: ["fuzzywombat"],
  });
  reports.query("soc-evil", "Programs named evil", 70, 300, "process_name:evil.exe", { tags: ["training"] });
  return {
    feedinfo: info("SOC", "SOC", "Internal", "Reports of the security operations centre.", 5),
    reports: reports.list,
  };
}

/** Ways of attackers, as queries. */
function techniques({ now }: SetUp): FeedDocument {
  const reports = new Reports("techniques", now);
  const add = (id: string, title: string, score: number, q: string): Reports =>
    reports.query(id, title, score, 200, q, { tags: [id.replace(/-\d+$/, "")] });
  add("credential-1", "Memory of lsass dumped by a system library", 85, "process_name:rundll32.exe cmdline:minidump");
  add("remote-1", "Shell out of a remote execution service", 80, "parent_name:psexesvc.exe");
  add("remote-2", "Shell out of remote management", 65, "parent_name:wsmprovhost.exe process_name:powershell.exe");
  add("transfer-1", "Download by the certificate tool", 75, "process_name:certutil.exe cmdline:-urlcache");
  add("transfer-2", "Upload from the command line", 60, "process_name:curl.exe cmdline:-t");
  add("cover-1", "Event log cleared", 70, "process_name:wevtutil.exe cmdline:cl");
  add("persist-1", "Unsigned program writes a Run key", 70, "digsig_result:Unsigned regmod:currentversion\\run\\*");
  return {
    feedinfo: info(
      "techniques",
      "Attack Techniques",
      "Open Source",
      "Queries for what attackers do, whatever the tool.",
    ),
    reports: reports.list,
  };
}

/** From the ranges that are kept for documentation, so that nobody real is accused. */
const anyAddress = (random: Random): string => `${random.pick(["192.0.2", "198.51.100"])}.${random.between(1, 254)}`;
const words = "amber basin cedar delta ember fjord glade haven inlet jetty knoll lagoon marsh notch orbit prism".split(
  " ",
);
const anyDomain = (random: Random): string =>
  `${random.pick(words)}-${random.pick(words)}${random.between(2, 99)}.${random.pick(["cdn", "mail", "update"])}.example`;

function blocklist({ now, seed }: SetUp, files: KnownFiles, count: number): FeedDocument {
  const random = new Random(`${seed}/feeds/blocklist`);
  const reports = new Reports("blocklist", now);
  const evil = files("evil.exe");
  reports.add("bl-evil", "Server of a training sample", 65, 500, {
    ...(evil === undefined ? {} : { md5: [evil] }),
    ...{ dns: ["evil.example"], ipv4: ["203.0.113.66"] },
  });
  for (let n = 1; n <= count; n++) {
    const family = random.pick(["bot", "stealer", "loader", "miner"]);
    const iocs = [
      { md5: Array.from({ length: random.between(1, 4) }, () => random.hex(32)) },
      { dns: [anyDomain(random)], ipv4: [anyAddress(random)] },
      { sha256: [random.hex(64)] },
    ];
    reports.add(
      `bl-${String(n).padStart(4, "0")}`,
      `${family} ${random.pick(words)} ${random.between(1, 40)}`,
      random.between(20, 80),
      random.between(1, 700),
      random.pick(iocs),
      { tags: [family] },
    );
  }
  return {
    feedinfo: info("blocklist", "Community Blocklist", "Open Source", "Servers and files that volunteers collect."),
    reports: reports.list,
  };
}

function exitNodes({ now, seed }: SetUp, count: number): FeedDocument {
  const random = new Random(`${seed}/feeds/exitnodes`);
  const reports = new Reports("exitnodes", now);
  for (let n = 1; n <= count; n++) {
    const ipv6 = `2001:db8:${random.hex(4)}:${random.hex(4)}::${n.toString(16)}`;
    const iocs = random.chance(0.2) ? { ipv6: [ipv6] } : { ipv4: [anyAddress(random)] };
    reports.add(`node-${n}`, `Exit node ${n} of an anonymising network`, 30, random.between(1, 90), iocs);
  }
  return {
    feedinfo: info(
      "exitnodes",
      "Anonymiser Exit Nodes",
      "Open Source",
      "Where traffic of an anonymising network comes out.",
    ),
    reports: reports.list,
  };
}

function lookalikes({ now, seed }: SetUp, count: number): FeedDocument {
  const random = new Random(`${seed}/feeds/lookalikes`);
  const reports = new Reports("lookalikes", now);
  for (let n = 1; n <= count; n++) {
    const domain = anyDomain(random);
    reports.add(`like-${n}`, `Domain that imitates another: ${domain}`, 25, random.between(1, 400), { dns: [domain] });
  }
  return {
    feedinfo: info(
      "lookalikes",
      "Lookalike Domains",
      "Connectors",
      "Newly registered names that resemble known ones.",
      2,
    ),
    reports: reports.list,
  };
}
