/** What `--help` prints. */
export const usage = {
  cbapi: `Hunt on a Carbon Black EDR server, or on a sandbox that needs none.

Usage: cbapi <command> [options]

Commands:
  hunt       search processes and show each with its ancestry, host, group and signature
  sandbox    run an EDR server on this machine, for scripts and tests

Options:
  --help, -h       this text; after a command, what the command takes
  --version        the version of this command

Start with: cbapi hunt`,

  hunt: `Usage: cbapi hunt [options]

Without options it starts a sandbox with a generated organisation and hunts in it.

What to look for:
  --query, -q Q         a query in the language of EDR, such as 'process_name:net.exe username:bit9rad'
  --limit N             show so many matches in detail, count the others (default 10)

Where:
  --import FILE         hunt in these Sysmon logs instead (.json, .jsonl, .gz, .zip); may be repeated
  --seed SEED           generate another organisation
  --port PORT           serve the sandbox on this port
  --server-version V    let the sandbox be this version of EDR, such as 5.2.0.161004.1206
  --profile NAME        hunt on the real server of this credential profile
  --url URL             hunt on this real server; the token comes from the profile, from CBAPI_TOKEN,
                        or is asked for
  --ssl-cert-file FILE  trust the certificates in this PEM file, for that server

How:
  --json                print one JSON document and nothing else
  --keep                leave the sandbox running afterwards, until Ctrl-C
  --timeout SECONDS     give up on a request after so many seconds (default 120)
  --verbose, -v         print each request to standard error
  --help, -h            this text`,

  sandbox: `Usage: cbapi sandbox [options]

Serves a Carbon Black EDR server until Ctrl-C.

  --port PORT           any free one when left out
  --host HOST           the address to listen on (default 127.0.0.1: this machine only)
  --seed SEED           generate the organisation from this (default 1)
  --server-version V    be this version of EDR, such as 5.2.0.161004.1206 (default 6.5.2.191219.1200)
  --import FILE         add Sysmon logs (.json, .jsonl, .gz, .zip); may be repeated
  --empty               generate nothing
  --state DIR           keep the organisation, the certificate authority and the token in this folder;
                        with --port, a client that was set up once stays set up
  --help, -h            this text`,
} as const;

/** The first line of each, for those who used a command in a wrong way. */
export const synopsis = {
  cbapi: "Usage: cbapi <hunt|sandbox> [options]   (cbapi --help tells more)",
  hunt: "Usage: cbapi hunt [--query Q] [--import FILE] [--json] ...   (cbapi hunt --help tells more)",
  sandbox: "Usage: cbapi sandbox [--port PORT] [--state DIR] ...   (cbapi sandbox --help tells more)",
} as const;
