import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  AuthenticationError,
  CedarConnectError,
  CedarError,
  CedarProtocolError,
  CedarTimeout,
  CedarUnsupportedError,
  PeerClosedError,
  PeerDeniedError,
  PolicyError,
  SecurityContext,
  type SecurityPolicy,
  Sinful,
  startCommand,
} from "../../lib/cedar/mod.ts";
import {
  decide,
  type Decision,
  FakeDaemon,
  grant,
  receiveRequest,
  welcome,
} from "./fake_daemon.ts";

const nop = 60011;

function context(policy: Partial<SecurityPolicy> = {}): SecurityContext {
  return new SecurityContext({ methods: ["FS", "CLAIMTOBE"], ...policy });
}

const short = { connect: 300, read: 300, write: 300, handshake: 2000 };

Deno.test("startCommand() negotiates a session, then resumes it", async () => {
  const key: Uint8Array[] = [];
  await using daemon = FakeDaemon.serve(async (sock) => {
    const request = await receiveRequest(sock);
    if (request.string("UseSession") === "YES") {
      assertEquals(request.string("Sid"), "fake:1");
      assertEquals(request.boolean("ResumeResponse"), true);
      sock.writer.putClassAd([["ReturnCode", '"AUTHORIZED"']]).endOfMessage();
      await sock.flush();
      sock.setKey(key[0], true);
    } else {
      const makeKey = await decide(sock, request);
      key.push(makeKey());
      sock.setKey(key[0], true);
      await grant(sock);
    }
    const question = await sock.reader.getString();
    await sock.reader.endOfMessage();
    sock.writer.putString(`${question} yourself`).endOfMessage();
    await sock.flush();
  });
  const security = context();
  for (const resumed of [false, true, true]) {
    using connection = await startCommand(daemon.address, nop, { security });
    assertEquals(connection.peer.resumed, resumed);
    assertEquals(connection.peer.encrypted, true);
    assertEquals(connection.peer.authenticatedUser, "alice@test");
    connection.send().putString("hello").endOfMessage();
    const reader = connection.receive();
    assertEquals(await reader.getString(), "hello yourself");
    await reader.endOfMessage();
  }
  assertEquals(security.sessions.size, 1);
});

Deno.test("a session that the server does not know is negotiated anew", async () => {
  await using daemon = FakeDaemon.serve(async (sock, count) => {
    if (count === 2) {
      await receiveRequest(sock);
      sock.writer.putClassAd([["ReturnCode", '"SID_NOT_FOUND"']])
        .endOfMessage();
      return await sock.flush();
    }
    if (count === 4) return; // Closes: as unfriendly, the same meaning.
    await welcome(sock);
  });
  const security = context();
  for (const connections of [1, 3, 5]) {
    const connection = await startCommand(daemon.address, nop, { security });
    assertEquals(connection.peer.resumed, false);
    assertEquals(daemon.connections, connections);
    connection.close();
  }
});

Deno.test("sessions are for the commands that the server lists", async () => {
  await using daemon = FakeDaemon.serve((sock) => welcome(sock));
  const security = context();
  for (const command of [nop, 1112]) {
    using connection = await startCommand(daemon.address, command, {
      security,
    });
    assertEquals(connection.peer.resumed, false);
  }
  using connection = await startCommand(daemon.address, nop, {
    security,
    noSession: true,
  });
  assertEquals(connection.peer.resumed, false);
});

async function fails(
  decision: Decision,
  policy: Partial<SecurityPolicy> = {},
): Promise<Error> {
  await using daemon = FakeDaemon.serve(async (sock) => {
    const key = await decide(sock, await receiveRequest(sock), decision);
    sock.setKey(key(), true);
    await grant(sock);
  });
  const security = context(policy);
  return await startCommand(daemon.address, nop, { security }).then(
    (connection) => {
      connection.close();
      return new Error("it did not fail");
    },
    (error) => error,
  );
}

Deno.test("a server that decides against what we require is not obeyed", async () => {
  const required = {
    authentication: "REQUIRED",
    encryption: "REQUIRED",
    integrity: "REQUIRED",
  } as const;
  for (const name of ["authentication", "encryption", "integrity"] as const) {
    const error = await fails({ [name]: "NO" }, { [name]: required[name] });
    assertInstanceOf(error, PolicyError);
    assert(error.message.startsWith(name), error.message);
  }
});

Deno.test("ciphers that are not supported are named", async () => {
  const blowfish = await fails({ more: [["CryptoMethods", '"BLOWFISH"']] });
  assertInstanceOf(blowfish, CedarUnsupportedError);
  assert(blowfish.message.includes("BLOWFISH"));
  const alone = await fails({ encryption: "NO", integrity: "YES" });
  assertInstanceOf(alone, CedarUnsupportedError);
  const none = await fails({ noKey: true });
  assertInstanceOf(none, CedarUnsupportedError);
  assertThrows(
    () => new SecurityContext({ cryptoMethods: ["3DES"] }),
    PolicyError,
    "no supported cipher",
  );
});

Deno.test("a handshake that makes no sense is a protocol error", async () => {
  for (
    const decision of [
      { authentication: "MAYBE" },
      { encryption: "" },
      { more: [["ECDHPublicKey", '"AAAA"']] as [string, string][] },
    ]
  ) {
    assertInstanceOf(
      await fails({ ...decision, noKey: "more" in decision }),
      CedarProtocolError,
    );
  }
  await using daemon = FakeDaemon.serve(async (sock) => {
    await receiveRequest(sock);
    const ad = Array.from({ length: 101 }, (_, i) => [`A${i}`, "1"] as const);
    sock.writer.putClassAd(ad).endOfMessage();
    await sock.flush();
  });
  await assertRejects(
    () => startCommand(daemon.address, nop),
    CedarProtocolError,
    "101 attributes",
  );
});

Deno.test("a server that answers DENIED is a PeerDeniedError with the user", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    const request = await receiveRequest(sock);
    const key = await decide(sock, request);
    sock.setKey(key(), true);
    await grant(sock, [["ReturnCode", '"DENIED"']]);
  });
  const error = await assertRejects(
    () => startCommand(daemon.address, nop),
    PeerDeniedError,
  );
  assertEquals(error.returnCode, "DENIED");
  assertEquals(error.user, "alice@test");
  assert(error.remedy?.includes("ALLOW_"));
});

Deno.test("authentication that fails names each method and its reason", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    const request = await receiveRequest(sock);
    await decide(sock, request, {
      authentication: "YES",
      methods: "KERBEROS,FS,CLAIMTOBE",
    });
    assertEquals(await sock.reader.getInt(), 4 | 2);
    await sock.reader.endOfMessage();
    sock.writer.putInt(4).endOfMessage();
    // Not a directory of FS: a client that made it would be a fool.
    sock.writer.putString("/etc/cron.d/FS_evil/../x").endOfMessage();
    assertEquals(await sock.reader.getInt(), -1);
    await sock.reader.endOfMessage();
    sock.writer.putInt(-1).endOfMessage();
    assertEquals(await sock.reader.getInt(), 2);
    await sock.reader.endOfMessage();
    sock.writer.putInt(0).endOfMessage();
    await sock.flush();
  });
  const security = context({
    authentication: "REQUIRED",
    methods: ["KERBEROS", "FS", "CLAIMTOBE"],
  });
  const error = await assertRejects(
    () => startCommand(daemon.address, nop, { security }),
    AuthenticationError,
  );
  assertEquals(error.code, "AUTHENTICATE:1003");
  assertEquals(
    (error as AuthenticationError).failures.map((f) => [f.method, f.code]),
    [
      ["KERBEROS", undefined],
      ["FS", "FS:1004"],
    ],
  );
});

/** A server that lets nobody in by CLAIMTOBE, and does not mind. */
function refusing(): FakeDaemon {
  return FakeDaemon.serve(async (sock) => {
    const request = await receiveRequest(sock);
    const key = await decide(sock, request, {
      authentication: "YES",
      methods: "CLAIMTOBE",
      more: [["AuthRequired", "false"]],
    });
    await sock.reader.getInt();
    await sock.reader.endOfMessage();
    sock.writer.putInt(0).endOfMessage();
    await sock.flush();
    sock.setKey(key(), true);
    await grant(sock);
  });
}

Deno.test("authentication that fails and is not required is passed over", async () => {
  await using daemon = refusing();
  using connection = await startCommand(daemon.address, nop, {
    security: context(),
  });
  assertEquals(connection.peer.method, undefined);
});

Deno.test("authentication that we require is not passed over if the server would", async () => {
  await using daemon = refusing();
  const security = context({ authentication: "REQUIRED" });
  await assertRejects(
    () => startCommand(daemon.address, nop, { security }),
    AuthenticationError,
  );
});

Deno.test("a peer that is silent runs into the time limit, wherever it stops", async () => {
  const silence = () => new Promise<void>((r) => setTimeout(r, 600));
  const stops: ((sock: Parameters<typeof welcome>[0]) => Promise<void>)[] = [
    silence,
    async (sock) => {
      await receiveRequest(sock);
      await silence();
    },
    async (sock) => {
      const request = await receiveRequest(sock);
      await decide(sock, request);
      await silence();
    },
  ];
  for (const stop of stops) {
    await using daemon = FakeDaemon.serve(stop);
    const security = context({ timeouts: short });
    const start = performance.now();
    const error = await assertRejects(
      () => startCommand(daemon.address, nop, { security }),
      CedarTimeout,
    );
    assert(performance.now() - start < 1200);
    assertEquals(error.subject, daemon.address.toString());
  }
});

Deno.test("a peer that sends a byte now and then runs into the handshake's limit", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    for (const byte of [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) {
      await sock.transport.write(Uint8Array.of(byte));
      await new Promise((r) => setTimeout(r, 100));
    }
  });
  const security = context({ timeouts: { ...short, handshake: 500 } });
  await assertRejects(
    () => startCommand(daemon.address, nop, { security }),
    CedarTimeout,
    "handshake within 0.5 s",
  );
});

Deno.test("an aborted signal ends a wait with its reason", async () => {
  await using daemon = FakeDaemon.serve(() =>
    new Promise((r) => setTimeout(r, 500))
  );
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 50);
  await assertRejects(
    () => startCommand(daemon.address, nop, { signal: controller.signal }),
    Error,
    "enough",
  );
});

Deno.test("a peer that is not there, or speaks something else, is named", async () => {
  await assertRejects(
    () => startCommand("<127.0.0.1:1>", nop),
    CedarConnectError,
    "refused",
  );
  await assertRejects(
    () => startCommand("127.0.0.1", nop),
    CedarConnectError,
    "no port",
  );
  await using http = FakeDaemon.serve((sock) =>
    sock.transport.write(new TextEncoder().encode("HTTP/1.1 400 Bad\r\n\r\n"))
  );
  await assertRejects(
    () => startCommand(http.address, nop),
    CedarProtocolError,
    "another service",
  );
  await using mute = FakeDaemon.serve(() => Promise.resolve());
  await assertRejects(
    () => startCommand(mute.address, nop),
    CedarError,
    "closed",
  );
});

Deno.test("an address that needs CCB is refused with what to do", async () => {
  const address = Sinful.parse("<10.9.8.7:1?CCBID=10.9.8.6:9618%231>");
  const error = await assertRejects(
    () => startCommand(address, nop),
    CedarUnsupportedError,
    "CCB",
  );
  assert(error.remedy?.includes("CCB_ADDRESS"));
});

Deno.test("the first address that answers is taken", async () => {
  await using daemon = FakeDaemon.serve((sock) => welcome(sock));
  const { port } = daemon.address;
  const address = Sinful.parse(
    `<127.0.0.1:1?addrs=127.0.0.1-1+127.0.0.1-${port}>`,
  );
  using connection = await startCommand(address, nop);
  assertEquals(connection.peer.encrypted, true);
});

Deno.test("behind the shared port, its id goes first and counts for nothing", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    assertEquals(await sock.reader.getInt(), 75);
    assertEquals(await sock.reader.getString(), "schedd_1");
    await sock.reader.skipMessage();
    sock.resetDigests();
    await welcome(sock);
  });
  const address = Sinful.of("127.0.0.1", daemon.address.port, {
    sock: "schedd_1",
  });
  using connection = await startCommand(address, nop);
  assertEquals(connection.peer.encrypted, true);
});

Deno.test("a connection cut after the handshake is a PeerClosedError", async () => {
  await using daemon = FakeDaemon.serve((sock) => welcome(sock));
  using connection = await startCommand(daemon.address, nop);
  await assertRejects(() => connection.receive().getInt(), PeerClosedError);
});
