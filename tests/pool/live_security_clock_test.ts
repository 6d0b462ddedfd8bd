import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

// The file /etc/skew sets the schedd's clock: see the manual of libfaketime.
const config = `
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS, SSL
AUTH_SSL_SERVER_CERTFILE = /etc/condor/hostcert.pem
AUTH_SSL_SERVER_KEYFILE = /etc/condor/hostkey.pem
AUTH_SSL_SERVER_CAFILE = /etc/condor/trust_domain_ca.pem
AUTH_SSL_CLIENT_CAFILE = /etc/condor/trust_domain_ca.pem
AUTH_SSL_CLIENT_USE_DEFAULT_CAS = False
SSL_SKIP_HOST_CHECK = True
CERTIFICATE_MAPFILE = /etc/condor/mapfile
ALLOW_READ = *
SCHEDD = /usr/local/bin/schedd-with-a-clock
`;
const library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const wrapper = `#!/bin/sh
export LD_PRELOAD=${library} FAKETIME="$(cat /etc/skew)"
export FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1
exec /usr/sbin/condor_schedd "$@"
`;

async function start(root: Root): Promise<Pool> {
  const pool = await Pool.start({
    root,
    slots: 0,
    config,
    prepare: async ({ machine }) => {
      const map = 'SSL "^/CN=alice$" alice@test\n';
      await machine.write("/etc/condor/mapfile", map);
      await machine.write("/usr/local/bin/schedd-with-a-clock", wrapper, {
        mode: 0o755,
      });
      await machine.write("/etc/skew", "+1h");
    },
  });
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  await pool.sh(`
    umask 077
    condor_token_create -identity alice@test -lifetime 600 >/etc/condor/token
    install -d -o alice -g alice -m 700 /home/alice/token
    install -o alice -g alice -m 600 /etc/condor/token /home/alice/token/pool
    cd /home/alice
    ca="-CA /etc/condor/trust_domain_ca.pem -CAkey /etc/condor/trust_domain_ca_privkey.pem -CAcreateserial"
    openssl req -new -newkey rsa:2048 -nodes -subj /CN=alice -keyout key.pem -out req.pem
    openssl req -new -key /etc/condor/hostkey.pem -subj /CN=submit.test -out host.pem
    while read name from to; do
      openssl x509 -req -in req.pem -not_before $from -not_after $to -out $name.pem $ca
      openssl x509 -req -in host.pem -not_before $from -not_after $to -out /etc/condor/$name.pem $ca \\
        -extfile <(echo subjectAltName=DNS:submit.test)
    done <<END
valid 20200101000000Z 20400101000000Z
expired 20200101000000Z 20210101000000Z
future 20390101000000Z 20400101000000Z
END
    chown alice: *.pem
  `);
  return pool;
}

/** Variables that choose how alice authenticates. */
const by = {
  fs: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "FS" },
  token: {
    _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "IDTOKENS",
    _CONDOR_SEC_TOKEN_DIRECTORY: "/home/alice/token",
  },
  certificate: (name: string) => ({
    _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "SSL",
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: `/home/alice/${name}.pem`,
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: "/home/alice/key.pem",
  }),
};

/** Returns variables that change the clock of our own process. */
function ourClock(difference: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME: difference,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

async function works(pool: Pool, env: Record<string, string>): Promise<void> {
  const out = (await pool.sh("mktemp -d", { user: "alice" })).trim();
  const options = { user: "alice", env };
  const { exports } = await pool.lumberjackJson<
    { exports: { jobs: number }[] }
  >([
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", "/remote/spool"],
  ], options);
  assertEquals(exports.map(({ jobs }) => jobs), [3]);
  await pool.lumberjackJson(["unexport", "--constraint", "true"], options);
  assertEquals((await pool.queue('Managed =?= "External"')).length, 0);
}

/**
 * Checks that `unexport` fails with an error that has all of `words`, in this
 * order.
 */
async function fails(
  pool: Pool,
  env: Record<string, string>,
  ...words: (string | RegExp)[]
): Promise<void> {
  const { code, stderr } = await pool.lumberjack(
    ["unexport", "--constraint", "true"],
    { user: "alice", env },
  );
  assertEquals([code, stderr.trim().split("\n").length], [1, 1], stderr);
  let rest = stderr;
  for (const word of words) {
    const [found] = typeof word === "string"
      ? [word]
      : word.exec(rest) ?? [String(word)];
    assertStringIncludes(rest, found, stderr);
    rest = rest.slice(rest.indexOf(found) + found.length);
  }
}

/**
 * Checks that doctor reports something. `words` must allow for some seconds,
 * because doctor compares ads that were not made at the same moment.
 */
async function doctorSays(
  pool: Pool,
  env: Record<string, string>,
  words: RegExp,
): Promise<void> {
  const { stdout } = await pool.lumberjack(["doctor"], { user: "alice", env });
  assertMatch(stdout, words);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if a wrong clock causes an error, the error says so`,
    async (t) => {
      await using pool = await start(root);
      const setClock = async (difference: string) => {
        await pool.machine.write("/etc/skew", difference);
        await pool.stopSchedd();
        await pool.startSchedd();
      };

      await t.step("the schedd's clock is ahead", async () => {
        await works(pool, by.fs);
        await works(pool, by.certificate("valid"));
        await fails(
          pool,
          by.token,
          ...[
            "server rejects our token (/home/alice/token/pool, of alice@test",
          ],
          ...["expires 20", "this host's clock says 20"],
          ...["compare the server's clock", "SEC_TOKEN_MAX_AGE", "D_SECURITY"],
        );
        await doctorSays(
          pool,
          by.fs,
          /the schedd's clock is 3(?:59|60)\d s ahead of/,
        );
      });
      await t.step("the schedd's clock is behind", async () => {
        await setClock("-1h");
        await works(pool, by.fs);
        await works(pool, by.token);
        // By the schedd's clock, its certificate authority is not valid yet.
        await fails(
          pool,
          by.certificate("valid"),
          ...["server ended", "our certificate /home/alice/valid.pem"],
          ...["compare the clocks of both hosts", "AUTH_SSL_SERVER_CAFILE"],
        );
        await doctorSays(
          pool,
          by.fs,
          /the schedd's clock is 3(?:59|60)\d s behind/,
        );
        await setClock("+0");
      });
      await t.step("our clock is ahead", async () => {
        const clock = ourClock("+1h");
        await works(pool, { ...by.fs, ...clock });
        await fails(
          pool,
          { ...by.token, ...clock },
          ...["token expired at 20", "this host's clock says 20"],
          ...["get a new token", "unless this host's clock is wrong"],
        );
        await doctorSays(
          pool,
          { ...by.fs, ...clock },
          /this host's clock is ahead of the collector's/,
        );
      });
      await t.step("our clock is behind", async () => {
        const clock = ourClock("-1h");
        await works(pool, { ...by.token, ...clock });
        await fails(
          pool,
          { ...by.certificate("valid"), ...clock },
          // Deno 2.9 does not say which certificate is meant, and 2.5 does not
          // say which authority.
          /authority \S+ is not valid before|certificate not valid yet/,
          ...["this host's clock says", "clock"],
        );
        await doctorSays(
          pool,
          { ...by.fs, ...clock },
          / s behind the collector's/,
        );
      });
      await t.step(
        "our certificate has expired, or is not valid yet",
        async () => {
          await fails(
            pool,
            by.certificate("expired"),
            "our certificate /home/alice/expired.pem expired at 2021-01-01",
            "AUTH_SSL_CLIENT_CERTFILE",
          );
          await fails(
            pool,
            by.certificate("future"),
            "our certificate /home/alice/future.pem is not valid before 2039",
            "AUTH_SSL_CLIENT_CERTFILE",
          );
        },
      );
      await t.step(
        "the schedd's certificate has expired, or is not valid yet",
        async () => {
          const use = (name: string) =>
            pool.sh(`cp /etc/condor/${name}.pem /etc/condor/hostcert.pem`);
          for (const name of ["expired", "future"]) {
            await use(name);
            await fails(
              pool,
              by.certificate("valid"),
              "certificate of submit.test is not accepted: ",
              // The rest of the message depends on Deno: only versions before 2.9
              // say what is wrong with the certificate.
              "this host's clock says 20",
              "AUTH_SSL_SERVER_CERTFILE there",
            );
          }
          await use("valid");
          await works(pool, by.certificate("valid"));
        },
      );
    },
  );
}
