import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, type Root, roots, until } from "./harness/mod.ts";
import type { SecurityPolicy } from "../../lib/cedar/mod.ts";
import type { Step, StepResult } from "./cedar_probe.ts";

const config = `
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS, SSL, PASSWORD, CLAIMTOBE, ANONYMOUS
SEC_PASSWORD_FILE = /etc/condor/pool_password
AUTH_SSL_SERVER_CERTFILE = /etc/condor/hostcert.pem
AUTH_SSL_SERVER_KEYFILE = /etc/condor/hostkey.pem
AUTH_SSL_SERVER_CAFILE = /etc/condor/trust_domain_ca.pem
CERTIFICATE_MAPFILE = /etc/condor/mapfile
ALLOW_READ = *
`;

const version: Record<Root, string> = { trixie: "23.9.6", sid: "25.14" };

/**
 * Talks to the pool's daemons with lib/cedar, as `user` in the pool's machine.
 */
async function probe(
  pool: Pool,
  user: string,
  policy: Partial<SecurityPolicy>,
  steps: Step[],
): Promise<StepResult[]> {
  const request = JSON.stringify({ policy, steps });
  const script = "/lumberjack/tests/pool/cedar_probe.ts";
  return JSON.parse(
    await pool.deno(["run", "-A", script, request], { user, timeout: 180 }),
  );
}

const required = { authentication: "REQUIRED" } as const;
const jobs: Step = { do: "jobs", address: "schedd" };

function schedds(pool: Pool): Step {
  return {
    do: "schedds",
    address: `<127.0.0.1:${pool.port}?alias=submit.test>`,
  };
}

async function start(root: Root, more = ""): Promise<Pool> {
  return await Pool.start({
    root,
    slots: 0,
    config: config + more,
    prepare: async (pool) => {
      const map = 'SSL "^/CN=carol$" carol@test\n';
      await pool.machine.write("/etc/condor/mapfile", map);
      await pool.run([
        "sh",
        "-c",
        "umask 077; printf '\\266\\330\\320\\233\\273\\337' >/etc/condor/pool_password",
      ]);
    },
  });
}

/** Makes a certificate for carol that the pool's own authority has signed. */
async function certify(pool: Pool): Promise<void> {
  await pool.sh(`
    cd /home/carol
    openssl req -new -newkey rsa:2048 -nodes -subj /CN=carol -keyout key.pem -out req.pem 2>/dev/null
    openssl x509 -req -in req.pem -days 2 -out cert.pem \\
      -CA /etc/condor/trust_domain_ca.pem -CAkey /etc/condor/trust_domain_ca_privkey.pem -CAcreateserial 2>/dev/null
    chown carol: key.pem cert.pem
  `);
}

for (const root of roots) {
  const on = `HTCondor ${version[root]}`;

  poolTest(
    `${on}: every authentication method works, with and without the shared port`,
    async (t) => {
      await using pool = await start(root);
      await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
      const both = [schedds(pool), jobs, jobs];

      const check = async (
        user: string,
        policy: Partial<SecurityPolicy>,
        expected: string,
      ) => {
        const results = await probe(
          pool,
          user,
          { ...required, ...policy },
          both,
        );
        for (const { error } of results) {
          assertEquals(error, undefined);
        }
        assertEquals(results.map((r) => r.user), Array(3).fill(expected));
        assertEquals(
          results.map((r) => r.method),
          Array(3).fill(policy.methods![0]),
        );
        assertEquals(results.map((r) => r.resumed), [false, false, true]);
        assert(results.every((r) => r.encrypted));
        assert(results[1].version!.includes(version[root]), results[1].version);
        assertEquals(results[0].names, ["submit.test"]);
        assertEquals(results[1].names?.sort(), ["1.0", "1.1", "1.2"]);
      };

      await t.step(
        "FS",
        () => check("alice", { methods: ["FS"] }, "alice@test"),
      );
      await t.step("IDTOKENS with a user's token", async () => {
        await pool.sh(`
        condor_token_create -identity alice@test > /tmp/token
        install -d -o alice -g alice -m 700 /home/alice/.condor/tokens.d
        install -o alice -g alice -m 600 /tmp/token /home/alice/.condor/tokens.d/pool
      `);
        const tokens = { directories: ["/home/alice/.condor/tokens.d"] };
        await check("alice", { methods: ["IDTOKENS"], tokens }, "alice@test");
      });
      await t.step("IDTOKENS with the pool's signing key", async () => {
        const tokens = {
          poolSigningKeyFile: await pool.configValue(
            "SEC_TOKEN_POOL_SIGNING_KEY_FILE",
          ),
        };
        await check(
          "root",
          { methods: ["IDTOKENS"], trustDomain: "test", tokens },
          "condor@password",
        );
      });
      await t.step("PASSWORD", () =>
        check("root", {
          methods: ["PASSWORD"],
          passwordFile: "/etc/condor/pool_password",
        }, "condor@password"));
      await t.step("SSL without a client certificate", () =>
        check("bob", {
          methods: ["SSL"],
          ssl: { caFile: "/etc/condor/trust_domain_ca.pem" },
        }, "unauthenticated@unmapped"));
      await t.step("SSL with a client certificate", async () => {
        await certify(pool);
        await check("carol", {
          methods: ["SSL"],
          ssl: {
            caFile: "/etc/condor/trust_domain_ca.pem",
            certFile: "/home/carol/cert.pem",
            keyFile: "/home/carol/key.pem",
          },
        }, "carol@test");
      });
      await t.step("CLAIMTOBE", () =>
        check(
          "alice",
          { methods: ["CLAIMTOBE"], claimToBe: "bob@test" },
          "bob@test",
        ));
      await t.step(
        "ANONYMOUS",
        () =>
          check("alice", { methods: ["ANONYMOUS"] }, "CONDOR_ANONYMOUS_USER"),
      );
      await t.step("if a method fails, another method is tried", async () => {
        const [first] = await probe(pool, "alice", {
          ...required,
          methods: ["SSL", "IDTOKENS", "FS"],
          ssl: { useDefaultCas: true },
        }, [jobs]);
        assertEquals([first.method, first.user], ["FS", "alice@test"]);
      });
      await t.step("no authentication", async () => {
        const results = await probe(
          pool,
          "alice",
          { authentication: "NEVER", methods: [] },
          [jobs, jobs],
        );
        for (const { error, user, names } of results) {
          assertEquals(error, undefined);
          assertEquals(user, "unauthenticated@unmapped");
          assertEquals(names?.length, 3);
        }
      });
    },
  );

  poolTest(
    `${on}: if authentication or a command fails, the error says why`,
    async (t) => {
      await using pool = await start(root, "ALLOW_WRITE = bob@test\n");
      const failure = async (
        user: string,
        policy: Partial<SecurityPolicy>,
        step: Step,
      ) => {
        const [{ error }] = await probe(pool, user, policy, [step]);
        return error ?? { name: "", message: "it did not fail" };
      };
      const tokens = { directories: ["/home/alice/tokens"] };
      const withToken = { ...required, methods: ["IDTOKENS"], tokens };

      await t.step("a token that has expired", async () => {
        await pool.sh(`
        install -d -o alice -g alice -m 700 /home/alice/tokens
        condor_token_create -identity alice@test -lifetime 0 > /tmp/token
        install -o alice -g alice -m 600 /tmp/token /home/alice/tokens/pool
        sleep 1.5
      `);
        const error = await failure("alice", withToken, jobs);
        assertEquals([error.name, error.code], [
          "AuthenticationError",
          "AUTHENTICATE:1003",
        ]);
        assert(error.message.includes("token expired at"), error.message);
      });
      await t.step("a token that others can read", async () => {
        await pool.sh("chmod 644 /home/alice/tokens/pool");
        const error = await failure("alice", withToken, jobs);
        assert(
          error.message.includes("can be read by other users"),
          error.message,
        );
      });
      await t.step("a token that was altered", async () => {
        await pool.sh(`
        condor_token_create -identity alice@test > /tmp/token
        sed 's/.....$/AAAAA/' /tmp/token > /home/alice/tokens/pool
        chmod 600 /home/alice/tokens/pool
      `);
        const error = await failure("alice", withToken, jobs);
        assert(error.message.includes("another secret"), error.message);
      });
      await t.step(
        "a token that is too old by the server's clock",
        async () => {
          // The token was signed just now, but it is too old for the server.
          await pool.sh(`
        condor_token_create -identity alice@test > /home/alice/tokens/pool
        chmod 600 /home/alice/tokens/pool
        echo 'SEC_TOKEN_MAX_AGE = 1' >> /etc/condor/config.d/99-extra
        condor_reconfig -daemon schedd
      `);
          let error = await failure("alice", withToken, jobs);
          await until("the server rejects the token", async () => {
            error = await failure("alice", withToken, jobs);
            return error.message.includes("server rejects");
          });
          assert(error.remedy?.includes("clock"), error.remedy);
        },
      );
      await t.step("no token at all", async () => {
        const error = await failure("bob", {
          ...required,
          methods: ["IDTOKENS"],
          tokens: { directories: ["/home/bob/.condor/tokens.d"] },
        }, jobs);
        assert(error.remedy?.includes("SEC_TOKEN_DIRECTORY"), error.remedy);
      });
      await t.step(
        "a server certificate from an untrusted authority, or for another host",
        async () => {
          const untrusted = await failure(
            "alice",
            { ...required, methods: ["SSL"] },
            jobs,
          );
          assert(
            untrusted.message.includes("is not accepted"),
            untrusted.message,
          );
          assert(untrusted.remedy?.includes("AUTH_SSL_CLIENT_CAFILE"));
          const ssl = { caFile: "/etc/condor/trust_domain_ca.pem" };
          const other = await failure(
            "alice",
            { ...required, methods: ["SSL"], ssl },
            {
              do: "schedds",
              address: `<127.0.0.1:${pool.port}?alias=other.test>`,
            },
          );
          assert(other.message.includes("other.test"), other.message);
        },
      );
      await t.step("a pool password that is not the server's", async () => {
        await pool.sh("umask 077; printf XXXX > /root/password");
        const error = await failure("root", {
          ...required,
          methods: ["PASSWORD"],
          passwordFile: "/root/password",
        }, jobs);
        assert(
          error.message.includes("differs from the server"),
          error.message,
        );
      });
      await t.step("FS as a user who is not authorized", async () => {
        const error = await failure(
          "alice",
          { ...required, methods: ["FS"] },
          { do: "nop", address: "schedd", command: 60021 },
        );
        assertEquals([error.name, error.returnCode], [
          "PeerDeniedError",
          "DENIED",
        ]);
        assert(error.message.includes("alice@test"), error.message);
      });
      await t.step(
        "a client can ask whether a command would be allowed, without running it",
        async () => {
          const may = (command: number): Step => ({
            do: "may",
            address: "schedd",
            command,
          });
          for (
            const [user, allowed] of [["alice", false], ["bob", true]] as const
          ) {
            const [write, read] = await probe(pool, user, {
              ...required,
              methods: ["FS"],
            }, [may(1112), may(516)]);
            assertEquals(
              write.error?.name,
              allowed ? undefined : "PeerDeniedError",
            );
            assertEquals(read.user, `${user}@test`);
          }
        },
      );
      await t.step("a command that the daemon does not know", async () => {
        const error = await failure(
          "alice",
          { methods: ["FS"] },
          { do: "nop", address: "schedd", command: 99999 },
        );
        assertEquals(error.name, "PolicyError");
      });
      await t.step("client and server have no method in common", async () => {
        const error = await failure(
          "alice",
          { ...required, methods: ["KERBEROS"] },
          jobs,
        );
        assert(["AuthenticationError", "PolicyError"].includes(error.name));
      });
      await t.step("a shared port id that no daemon has", async () => {
        const error = await failure("alice", { methods: ["FS"] }, {
          do: "nop",
          address: `<127.0.0.1:${pool.port}?sock=nobody>`,
        });
        assert(["PolicyError", "PeerClosedError"].includes(error.name));
      });
    },
  );

  poolTest(
    `${on}: a session ends when its time is over or when its daemon is restarted`,
    async () => {
      await using pool = await start(root);
      const nop: Step = { do: "nop", address: "schedd" };
      const collector = schedds(pool);
      const shortLived = { methods: ["FS"], sessionDuration: 8 };
      const results = await probe(pool, "alice", shortLived, [
        nop,
        { ...nop, wait: 0.1 },
        { ...nop, wait: 9 },
      ]);
      assertEquals(results.map((r) => r.resumed), [false, true, false]);
      // The client still has a session of the daemon that was killed. The new
      // daemon refuses it, and the client makes a new session.
      const meet = { ready: "/tmp/probe-ready", go: "/tmp/probe-go" };
      const running = probe(pool, "alice", { methods: ["FS"] }, [
        collector,
        { ...collector, meet },
      ]);
      await until(
        "the client has a session",
        () => pool.machine.exists(meet.ready),
      );
      await pool.run(["pkill", "-9", "-x", "condor_collecto"]);
      await until("another collector answers", async () => {
        const { code } = await pool.machine.try(["condor_status", "-schedd"]);
        return code === 0;
      });
      await pool.machine.write(meet.go, "");
      const [before, after] = await running;
      assertEquals([before.resumed, after.resumed], [false, false]);
      assertEquals(after.error, undefined);
    },
  );

  poolTest(
    `${on}: a client can talk to a pool that requires encryption and integrity`,
    async () => {
      await using pool = await start(
        root,
        "SEC_DEFAULT_ENCRYPTION = REQUIRED\nSEC_DEFAULT_INTEGRITY = REQUIRED\n",
      );
      await pool.submit("executable = /bin/true\nqueue 1000\n", {
        user: "alice",
      });
      const [result] = await probe(pool, "alice", { methods: ["FS"] }, [jobs]);
      assertEquals(result.encrypted, true);
      assertEquals(result.names?.length, 1000);
      // Before 25, queries need no encryption. So send a command that needs WRITE.
      const write: Step = { do: "nop", address: "schedd", command: 60021 };
      const [allowed, { error }] = [
        ...await probe(pool, "alice", { methods: ["FS"] }, [write]),
        ...await probe(
          pool,
          "alice",
          { methods: ["FS"], encryption: "NEVER", integrity: "NEVER" },
          [write],
        ),
      ];
      assertEquals(allowed.encrypted, true);
      assertEquals(error?.name, "PolicyError");
    },
  );
}
