/** What `--help` prints. */
export const usage = {
  cbapi: `Hunt on a Carbon Black EDR server, or on a sandbox that needs none.

Usage: cbapi <command> [options]

Commands:
  hunt       search processes and show each with its ancestry, host, group and signature
  lr         a shell on an endpoint by Live Response; with \`lr run\`, a script on many of them
  fleet      such scripts as durable jobs, done by workers on many machines through a Redis
  sandbox    run an EDR and App Control server on this machine, for scripts and tests

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

  lr: `Usage: cbapi lr [HOST] [options]
       cbapi lr run SCRIPT --sensors QUERY [options]

Opens a Live Response session with an endpoint and a shell in it. HOST is a computer name or an id; without one
the shell begins unattached, and its command connect opens a session. Inside, help tells the commands; Tab completes
commands and the endpoint's paths; Ctrl-C stops a command, and at an empty prompt leaves; the session is always closed.

What to do:
  --command, -c TEXT    carry out these commands and leave: "cd c:\\temp; ls"; may be repeated. Commands also come
                        from standard input, a line each, when that is no terminal
  --keep-going          go on after a command that failed; the exit status is 1 all the same
  --wait TIME           how long to wait for an endpoint that is offline, such as 10m; 0 does not. By default until
                        Ctrl-C, and 6 minutes where commands are given
  --no-history          neither read nor write the file that keeps what was typed

Where:
  --cloud               the server is Carbon Black Cloud, and its endpoints are devices; credentials are those of psc,
                        with an org_key (or CBAPI_ORG_KEY)
  --profile NAME        the server of this credential profile (by default what scripts use: CBAPI_URL and CBAPI_TOKEN,
                        or the profile "default")
  --url URL             this server; the token comes from CBAPI_TOKEN or is asked for
  --ssl-cert-file FILE  trust the certificates in this PEM file, for that server
  --sandbox             start a sandbox and use that, for trying it out
  --seed, --port, --server-version   for that sandbox: see cbapi sandbox --help

How:
  --timeout SECONDS     give up on a request after so many seconds (default 120)
  --verbose, -v         print each request to standard error
  --help, -h            this text`,

  "lr run": `Usage: cbapi lr run SCRIPT --sensors QUERY [options]

Runs a job on many endpoints by Live Response. SCRIPT is a JavaScript module; its default export is a function
(session, context) => value, or a class or an object with run(session, context). It may also export job or getjob().

Which endpoints:
  --sensors QUERY       all, hostname:WIN, groupid:1 (in the Cloud policyid:1), ip:10.0.0, ids such as 3,5,8, or @FILE
                        with an id or a computer name in each line

How:
  --slots N             at most so many sessions at a time (default 10)
  --deadline TIME       jobs that have not begun by then expire, such as 4h (default 24h)
  --timeout TIME        a job may run so long, such as 10m (default 1h)
  --params JSON         what a job of defineJob() is given as context.params; @FILE reads it from a file
  --retries N           repeat a job so often when its session was lost half way. Given, it says that repeating does
                        no harm; otherwise only jobs with repeatable = true are repeated, up to 3 times

What becomes of it:
  --output, -o FILE     add a line of JSON for each endpoint to this file. Run again with the same file, endpoints that
                        are done in it are passed over and the others are tried again
  --files DIR           write bytes that jobs return to files in this folder; otherwise they are base64 in the result
  --json                print the lines of JSON on standard output and nothing else

Where:
  --cloud, --profile, --url, --ssl-cert-file, --sandbox ...   as for cbapi lr
  --verbose, -v         print each request to standard error
  --help, -h            this text

The exit status is 0 when every job is done, 1 when not, 130 after Ctrl-C.`,

  fleet: `Usage: cbapi fleet worker SCRIPT ... [options]
       cbapi fleet submit JOB --sensors QUERY [options]
       cbapi fleet status [RUN] | results RUN | cancel RUN | resume RUN

Live Response jobs that survive whatever ends. Workers offer the jobs of their scripts by name (that of defineJob(), or the
script's own) and do them; they may run on many machines. What is submitted is kept in a Redis, and all workers of a server
share its slots for sessions.

worker:
  --slots N             the server allows so many sessions, those of others included: says it to all workers (default 10)
  --concurrency N       look after so many endpoints at a time here (default 10)
  --grace TIME          when stopped by Ctrl-C, jobs may go on for so long (default 30s)

submit:
  --sensors QUERY       as for cbapi lr run
  --params JSON         what the job is given as context.params; @FILE reads it from a file
  --id ID               the run's name. Submitted again under it, only what is missing is added
  --deadline TIME       jobs that have not begun by then expire, such as 4h (default 24h)
  --timeout TIME        a job may run so long (default 1h)
  --retries N           begin a job again so often when its session or its worker was lost (default 3)
  --rerun               do so with jobs that change the endpoint, too. Without it, the outcome of those is "unknown" then
  --priority N          jobs with a higher number go first (default 0)

status, results, cancel, resume:
  --follow, -f          show it until the run has ended; Ctrl-C ends the showing and not the run. After submit, too
  --json                print JSON, and nothing else
  --files DIR           results: write the files that jobs have kept to this folder
  --rerun               resume: also jobs whose outcome is "unknown"

Where:
  --redis URL           the Redis (default CBAPI_REDIS, or redis://127.0.0.1:6379)
  --store DIR           the folder that all machines share for files; without it they are kept in Redis, up to 16 MiB each
  --server-name NAME    what the server is known by, where machines reach it by different addresses
  --prefix TEXT         what all keys in Redis begin with (default cbapi-fleet)
  --profile, --url, --ssl-cert-file   the EDR server, as for cbapi lr
  --verbose, -v         print each request to standard error
  --help, -h            this text

With --follow, the exit status is 0 when every job is done, 1 when not.`,

  sandbox: `Usage: cbapi sandbox [options]

Serves one organisation as a Carbon Black EDR and an App Control server until Ctrl-C.

  --port PORT           any free one when left out
  --host HOST           the address to listen on (default 127.0.0.1: this machine only)
  --seed SEED           generate the organisation from this (default 1)
  --server-version V    be this version of EDR, such as 5.2.0.161004.1206 (default 6.5.2.191219.1200)
  --import FILE         add Sysmon logs (.json, .jsonl, .gz, .zip); may be repeated
  --empty               generate nothing
  --state DIR           keep the organisation, the certificate authority and the token in this folder;
                        with --port, a client that was set up once stays set up
  --events-amqp URL     publish EDR's events to this RabbitMQ: amqp://user@host:5672, with the
                        password in CBAPI_EVENTS_PASSWORD
  --events-exchange X   to this topic exchange (default api.events)
  --events-file FILE    write them to this file, as an event forwarder does
  --forwarder WHICH     older or newer: whose names the file has (default newer)
  --raw-events          tell each event of each process too
  --help, -h            this text`,
} as const;

/** The first line of each, for those who used a command in a wrong way. */
export const synopsis = {
  cbapi: "Usage: cbapi <hunt|lr|fleet|sandbox> [options]   (cbapi --help tells more)",
  hunt: "Usage: cbapi hunt [--query Q] [--import FILE] [--json] ...   (cbapi hunt --help tells more)",
  lr: "Usage: cbapi lr [HOST] [-c COMMANDS] ...   (cbapi lr --help tells more)",
  "lr run": "Usage: cbapi lr run SCRIPT --sensors QUERY [--output FILE] ...   (cbapi lr run --help tells more)",
  fleet:
    "Usage: cbapi fleet <worker SCRIPT ...|submit JOB --sensors QUERY|status|results|cancel|resume> ...   (cbapi fleet --help tells more)",
  sandbox: "Usage: cbapi sandbox [--port PORT] [--state DIR] ...   (cbapi sandbox --help tells more)",
} as const;
