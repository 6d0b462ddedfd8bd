import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Pool, poolTest, type Root, type RunOptions } from "./harness/mod.ts";

const config = `
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS, SSL, PASSWORD
SEC_PASSWORD_FILE = /etc/condor/pool_password
AUTH_SSL_SERVER_CERTFILE = /etc/condor/hostcert.pem
AUTH_SSL_SERVER_KEYFILE = /etc/condor/hostkey.pem
AUTH_SSL_SERVER_CAFILE = /etc/condor/trust_domain_ca.pem
AUTH_SSL_CLIENT_CAFILE = /etc/condor/trust_domain_ca.pem
SSL_SKIP_HOST_CHECK = True
CERTIFICATE_MAPFILE = /etc/condor/mapfile
ALLOW_READ = *
DENY_WRITE = carol@test
SCHEDD_ATTRS = $(SCHEDD_ATTRS) FERMIHTC_LUMBERJACK_SCHEDD
FERMIHTC_LUMBERJACK_SCHEDD = True
`;

const encode = (text: string) => new TextEncoder().encode(text);

/**
 * Scrambles a password like condor_store_cred. A second call gives the password
 * back.
 */
function scramble(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, i) => byte ^ [0xde, 0xad, 0xbe, 0xef][i % 4]);
}

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly remedy?: string;
}

async function start(root: Root): Promise<Pool> {
  const pool = await Pool.start({
    root,
    slots: 0,
    config,
    prepare: async ({ machine }) => {
      const map = 'SSL "^/CN=alice$" alice@test\n';
      await machine.write("/etc/condor/mapfile", map);
      for (const name of ["pool_password", "wrong_password"]) {
        const path = `/etc/condor/${name}`;
        await machine.write(path, scramble(encode(name)), { mode: 0o600 });
      }
    },
  });
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  await pool.submit("executable = /bin/true\nqueue 2\n", { user: "bob" });
  await pool.sh(`
    umask 077
    condor_token_create -identity alice@test >/etc/condor/token
    condor_token_create -identity alice@test -lifetime 1 >/etc/condor/expired
    for kind in token expired; do
      install -d -o alice -g alice -m 700 /home/alice/$kind
      install -o alice -g alice -m 600 /etc/condor/$kind /home/alice/$kind/pool
    done
    cd /home/alice
    openssl req -new -newkey rsa:2048 -nodes -subj /CN=alice -keyout key.pem -out req.pem 2>/dev/null
    openssl x509 -req -in req.pem -days 2 -out cert.pem -CA /etc/condor/trust_domain_ca.pem \\
      -CAkey /etc/condor/trust_domain_ca_privkey.pem -CAcreateserial 2>/dev/null
    chown alice: key.pem cert.pem
  `);
  return pool;
}

const methods: Record<string, Record<string, string>> = {
  FS: {},
  IDTOKENS: { _CONDOR_SEC_TOKEN_DIRECTORY: "/home/alice/token" },
  SSL: {
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: "/home/alice/cert.pem",
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: "/home/alice/key.pem",
  },
};

/** The users of methods that do not authenticate as alice. */
const others: Record<string, { user: string; name: string }> = {
  PASSWORD: { user: "root", name: "condor@password" },
};

/**
 * Exports, takes back, exports again and imports, with one method. The flags in
 * `which` choose the schedd.
 */
async function thereAndBack(
  pool: Pool,
  method: string,
  ...which: string[]
): Promise<void> {
  const { user, name } = others[method] ??
    { user: "alice", name: "alice@test" };
  const options: RunOptions = {
    user,
    env: {
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method,
      ...methods[method],
    },
  };
  const out = await pool.sh("mktemp -d", { user });
  const { exports } = await pool.lumberjackJson<
    { exports: { jobs: number }[] }
  >(
    [
      "export",
      ...["--constraint", 'Owner == "alice"', "--out", out.trim()],
      ...["--remote-spool", "/remote/spool", ...which],
    ],
    options,
  );
  assertEquals(exports.map(({ jobs }) => jobs), [3]);
  const { unlocked } = await pool.lumberjackJson<{ unlocked: string[] }>(
    ["unexport", "--constraint", 'Owner == "alice"', ...which],
    options,
  );
  assertEquals(unlocked.length, 3);
  await outAndHome(pool, out.trim(), options, which);
  const { findings } = await pool.lumberjackJson<{ findings: Finding[] }>(
    ["doctor", ...which],
    options,
  );
  const changing = findings.find(({ check }) => check === "changing");
  assertEquals(
    changing?.message,
    `allowed as ${name} by ${method}, encrypted`,
  );
}

/** Exports again, and imports a log as if the jobs had run but not finished. */
async function outAndHome(
  pool: Pool,
  out: string,
  options: RunOptions,
  which: readonly string[],
): Promise<void> {
  const { user } = options;
  await pool.sh(`rm -f ${out}/*`, { user });
  await pool.lumberjack([
    "export",
    ...["--constraint", 'Owner == "alice"', "--out", out],
    ...["--remote-spool", "/remote/spool", ...which],
  ], options);
  await pool.sh(
    `sed -n 's/^103 \\([0-9]*\\.[0-9]*\\) ProcId .*/103 \\1 CommittedTime 77/p' \
      ${out}/job_queue.log >/tmp/ran; cat /tmp/ran >>${out}/job_queue.log; rm /tmp/ran`,
    { user },
  );
  const result = await pool.lumberjackJson<{ merged: number }>(
    ["import", "--in", out, ...which],
    options,
  );
  assertEquals(result.merged, 3);
  const home = await pool.queue("CommittedTime == 77 && Managed is undefined");
  assertEquals(home.length, 3);
}

/** Runs an export that must fail. Returns its error message. */
async function refused(
  pool: Pool,
  constraint: string,
  options: RunOptions & { status?: number },
  ...which: string[]
): Promise<string> {
  const out = (await pool.sh("mktemp -d", { user: options.user })).trim();
  const { code, stderr } = await pool.lumberjack([
    "export",
    ...["--constraint", constraint, "--out", out],
    ...["--remote-spool", "/remote/spool", ...which],
  ], options);
  const status = options.status ?? 1;
  assertEquals(code, status, stderr);
  if (status === 1) assertEquals(stderr.trim().split("\n").length, 1, stderr);
  assertEquals(await pool.sh(`ls -A ${out}`), "");
  assertEquals((await pool.queue('Managed == "External"')).length, 0);
  return stderr;
}

/** Returns doctor's first failure, with what to do. */
async function doctorsFailure(
  pool: Pool,
  options: RunOptions,
  ...which: string[]
): Promise<string> {
  const { code, stdout } = await pool.lumberjack(
    ["doctor", "--json", ...which],
    options,
  );
  assertEquals(code, 1, stdout);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const { check, message, remedy } = findings.find(({ state }) =>
    state === "failed"
  )!;
  return `${check}: ${message} -> ${remedy}`;
}

/**
 * Users and flags with which doctor must fail, and the knob that it must name.
 */
const complaints: [RunOptions, string[], RegExp][] = [
  [{ user: "carol" }, [], /^changing: .*DENIED.*carol@test.*DENY_WRITE/],
  [
    { user: "alice" },
    ["--pool", "127.0.0.1:9"],
    /^collector: .*did not answer \(connection refused\).*COLLECTOR_HOST/,
  ],
  [
    { user: "alice" },
    ["--name", "nowhere.test"],
    /^schedd: the collector knows no schedd of this name.*doctor.*SCHEDD_NAME/,
  ],
  [
    {
      user: "alice",
      env: {
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "IDTOKENS",
        _CONDOR_SEC_TOKEN_DIRECTORY: "/home/alice/expired",
      },
    },
    [],
    /token expired at .*condor_token_create/,
  ],
  [
    {
      user: "alice",
      env: { _CONDOR_SPOOL: "/root/spool", _CONDOR_COLLECTOR_HOST: "" },
    },
    [],
    /no schedd runs on this host.*SCHEDD_ADDRESS_FILE/,
  ],
  [
    {
      user: "alice",
      env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "CLAIMTOBE" },
    },
    [],
    /no authentication method in common.*SEC_CLIENT_AUTHENTICATION_METHODS/,
  ],
];

for (const root of ["trixie", "sid"] as const) {
  poolTest(
    `on ${root}, export and import work with FS, IDTOKENS, SSL and PASSWORD, and each mistake has a clear error`,
    async (t) => {
      await using pool = await start(root);
      const mine = 'Owner == "alice"';

      await t.step("FS", () => thereAndBack(pool, "FS"));
      await t.step(
        "IDTOKENS, with --name",
        () => thereAndBack(pool, "IDTOKENS", "--name", "submit.test"),
      );
      await t.step(
        "SSL, with --pool, in a pool that has one schedd for Lumberjack",
        () => thereAndBack(pool, "SSL", "--pool", pool.collector),
      );

      await t.step("PASSWORD", () => thereAndBack(pool, "PASSWORD"));

      await t.step("a wrong pool password", async () => {
        const said = await refused(pool, mine, {
          user: "root",
          env: {
            _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "PASSWORD",
            _CONDOR_SEC_PASSWORD_FILE: "/etc/condor/wrong_password",
          },
        });
        assertStringIncludes(
          said,
          "PASSWORD: the pool password in /etc/condor/wrong_password differs from",
        );
        assertStringIncludes(
          said,
          "use the same SEC_PASSWORD_FILE here and there",
        );
      });
      await t.step("a pool password file that belongs to root", async () => {
        const said = await refused(pool, mine, {
          user: "alice",
          env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "PASSWORD" },
        });
        assertStringIncludes(
          said,
          "pool_password: file belongs to another user",
        );
        assertStringIncludes(said, "SEC_PASSWORD_FILE");
      });
      await t.step("another user's jobs", async () => {
        const said = await refused(
          pool,
          'Owner == "bob"',
          { user: "alice", status: 4 },
        );
        assertStringIncludes(said, "does not let alice@test change");
        assertStringIncludes(said, "QUEUE_SUPER_USERS");
      });
      await t.step("no permission to write", async () => {
        const said = await refused(pool, mine, { user: "carol" });
        assertStringIncludes(said, "carol@test");
        assertStringIncludes(said, "DENIED");
        assertStringIncludes(said, "DENY_");
      });
      await t.step("an expired token", async () => {
        const said = await refused(pool, mine, {
          user: "alice",
          env: {
            _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "IDTOKENS",
            _CONDOR_SEC_TOKEN_DIRECTORY: "/home/alice/expired",
          },
        });
        assertStringIncludes(said, "expired");
      });
      await t.step("a name that the collector does not know", async () => {
        const said = await refused(
          pool,
          mine,
          { user: "alice" },
          ...["--name", "nowhere.test"],
        );
        assertStringIncludes(said, "no schedd of this name");
        assertStringIncludes(said, "nowhere.test");
      });
      await t.step("a constraint that no schedd satisfies", async () => {
        const said = await refused(
          pool,
          mine,
          { user: "alice" },
          ...["--schedd-constraint", 'Machine == "moon"'],
        );
        assertStringIncludes(said, "no schedd satisfies");
      });
      await t.step("the collector does not answer", async () => {
        const said = await refused(
          pool,
          mine,
          { user: "alice" },
          ...["--pool", "127.0.0.1:9", "--name", "submit.test"],
        );
        assertStringIncludes(said, "collector did not answer");
        assertStringIncludes(said, "127.0.0.1:9");
      });
      await t.step("a security level that HTCondor does not know", async () => {
        const said = await refused(pool, mine, {
          user: "alice",
          env: { _CONDOR_SEC_CLIENT_ENCRYPTION: "MAYBE" },
        });
        assertStringIncludes(said, "SEC_CLIENT_ENCRYPTION");
      });
      await t.step("doctor names the knob to change", async () => {
        for (const [options, which, words] of complaints) {
          assertMatch(await doctorsFailure(pool, options, ...which), words);
        }
      });
      await t.step("the schedd is down", async () => {
        await pool.stopSchedd();
        const out = (await pool.sh("mktemp -d", { user: "alice" })).trim();
        const { code, stderr } = await pool.lumberjack([
          "export",
          ...["--constraint", mine, "--out", out],
          ...["--remote-spool", "/remote/spool"],
        ], { user: "alice" });
        assertEquals(code, 1);
        assert(/schedd/.test(stderr), stderr);
        const { code: ill, stdout } = await pool.lumberjack(
          ["doctor", "--json"],
          { user: "alice" },
        );
        const { findings } = JSON.parse(stdout) as { findings: Finding[] };
        assertEquals(ill, 1);
        assertEquals(findings.at(-1)?.state, "failed");
        assert(findings.at(-1)?.remedy, stdout);
      });
    },
  );
}
