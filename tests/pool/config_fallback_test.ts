import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

/**
 * Every construct of the configuration language. Each changes a knob that we
 * read.
 */
const language = `
use ROLE : Submit, Execute
use FEATURE : GPUs
use SECURITY : Strong, Recommended_v9_0(condor, root@*)
if defined NOT_DEFINED
  SPOOL = /nowhere
elif $(ALSO_NOT_DEFINED)
  SPOOL = /nowhere
else
  TRUST_DOMAIN = trust.$(UID_DOMAIN)
endif
if version >= 24.0.0
  SEC_TOKEN_DIRECTORY = /tokens/new
else
  SEC_TOKEN_DIRECTORY = /tokens/old
endif
if ! true
  SCHEDD_NAME = wrong
endif
if defined use SECURITY:Strong
  QUERY_TIMEOUT = 17
endif
include : /etc/condor/more
include ifexist : /etc/condor/not-there
QUEUE_SUPER_USERS = $(QUEUE_SUPER_USERS), carol, \\
  # a comment in between \\
  dave
AUTH_SSL_CLIENT_CAFILE = $(NOT_DEFINED:$(ETC)/ca.pem)
AUTH_SSL_CLIENT_CADIR @=end
/etc/cas
@end
SEC_CLIENT_CRYPTO_METHODS = BLOWFISH
TOOL.SEC_CLIENT_CRYPTO_METHODS = AES
SEC_CLIENT_CRYPTO_METHODS = 3DES
SCHEDD.SEC_CLIENT_INTEGRITY = NEVER
`;

interface Config {
  origin: string;
  notes: string[];
  values: Record<string, string>;
}

async function ask(
  pool: Pool,
  user: string,
  env: Record<string, string>,
  ...how: string[]
): Promise<Config> {
  const script = "/lumberjack/tests/pool/config_probe.ts";
  return JSON.parse(
    await pool.deno(["run", "-A", "--no-check", script, ...how], { user, env }),
  );
}

/**
 * Reads the configuration with condor_config_val and without it. Both must have
 * the same values, except for `differs`. Returns the configuration without it.
 */
async function same(
  pool: Pool,
  user: string,
  env: Record<string, string> = {},
  differs: Record<string, string> = {},
): Promise<Config> {
  const theirs = await ask(pool, user, env);
  assertEquals(theirs.origin, "condor_config_val");
  const ours = await ask(pool, user, env, "alone");
  assertStringIncludes(ours.origin, "/etc/condor/condor_config");
  assertEquals(ours.values, { ...theirs.values, ...differs });
  return ours;
}

async function compare(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  const extra = "/etc/condor/config.d/99-extra";
  const { notes } = await same(pool, "root");
  assertEquals(notes, []);
  await pool.machine.write(
    "/etc/condor/more",
    "SEC_CLIENT_ENCRYPTION = OPTIONAL\n",
  );
  await pool.sh(
    "mkdir -p .condor; echo SCHEDD_NAME = of-alice >.condor/user_config",
    { user: "alice" },
  );
  await pool.machine.write(extra, language);
  const env = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "FS, IDTOKENS" };
  const { values } = await same(pool, "root", env);
  assertEquals(
    values.SEC_TOKEN_DIRECTORY,
    `/tokens/${root === "sid" ? "new" : "old"}`,
  );
  assertEquals(values.QUERY_TIMEOUT, "17");
  assertMatch(values.QUEUE_SUPER_USERS, /carol.*dave/);
  assertEquals((await same(pool, "alice", env)).values.SCHEDD_NAME, "of-alice");
  // From here on the configuration is that of the package, without our file.
  await pool.sh("rm /etc/condor/config.d/90-test");
  await pool.machine.write(extra, "");
  // HTCondor 25 gives one of the host's addresses. We cannot know which one, so
  // we give the host's name.
  const host = "submit.test";
  const hosts = { CONDOR_HOST: host, COLLECTOR_HOST: host };
  await same(pool, "root", {}, root === "sid" ? hosts : {});

  await pool.sh("mv /usr/bin/condor_config_val /usr/bin/elsewhere");
  for (
    const [line, words] of [
      ["include command : /bin/echo X = 1", "output of a command"],
      ["use SECURITY : FromTheFuture", "use SECURITY:FromTheFuture"],
      ["if 1 + 1", "not a valid condition: 1 + 1"],
      ["error : not here", "not here"],
    ]
  ) {
    await pool.machine.write(extra, `UID_DOMAIN = x\n${line}\n`);
    const { code, stderr } = await pool.lumberjack(["status"]);
    assertEquals([code, stderr.trim().split("\n").length], [1, 1], stderr);
    assertStringIncludes(stderr, words);
    assertStringIncludes(stderr, `${extra}, line 2`);
  }
}

/**
 * Exports and imports on a host without a shared port and condor_config_val.
 */
async function bareHost(root: Root): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 0,
    config: "USE_SHARED_PORT = False\n",
  });
  const address = await pool.machine.read(`${pool.spool}/.schedd_address`);
  assertEquals(address.includes("sock="), false);
  await pool.submit("executable = /bin/true\nqueue 4\n", { user: "alice" });
  await pool.sh("mv /usr/bin/condor_config_val /usr/bin/elsewhere");
  const user = "alice";
  await pool.sh("mkdir out back", { user });
  await pool.run([
    ...["lumberjack", "export", "--constraint", "true", "--out", "out"],
    ...["--remote-spool", "/remote/spool", "--name", "submit.test"],
  ], { user });
  assertEquals((await pool.queue('Managed == "External"')).length, 4);
  await pool.sh(
    `{ cat out/job_queue.log; for proc in 0 1 2 3; do
         echo "103 1.$proc JobStatus 4"; echo "103 1.$proc ExitCode 0"
       done; } >back/job_queue.log; cp out/manifest.json back/`,
    { user },
  );
  const { merged } = await pool.lumberjackJson<{ merged: number }>(
    ["import", "--in", "back"],
    { user },
  );
  assertEquals(merged, 4);
  const { stdout, code } = await pool.lumberjack(["doctor"], { user });
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, "condor_config_val is not in the PATH");
  assertStringIncludes(stdout, "allowed as alice@test by FS");
}

for (const root of roots) {
  poolTest(
    `on ${root}, Lumberjack reads the same configuration with and without condor_config_val`,
    () => compare(root),
  );
  poolTest(
    `on ${root}, export, import and doctor work without the shared port and condor_config_val`,
    () => bareHost(root),
  );
}
