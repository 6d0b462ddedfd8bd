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

const shortTimeouts = { connect: 300, read: 300, write: 300, handshake: 2000 };

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

Deno.test("if the server does not know a session, startCommand() negotiates a new one", async () => {
  await using daemon = FakeDaemon.serve(async (sock, count) => {
    if (count === 2) {
      await receiveRequest(sock);
      sock.writer.putClassAd([["ReturnCode", '"SID_NOT_FOUND"']])
        .endOfMessage();
      return await sock.flush();
    }
    if (count === 4) return; // Closes the connection, which means the same.
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

Deno.test("a session is resumed only for the commands that the server lists", async () => {
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

async function failureOf(
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
      return new Error("startCommand() did not fail");
    },
    (error) => error,
  );
}

Deno.test("startCommand() fails if the server decides against what the client requires", async () => {
  const required = {
    authentication: "REQUIRED",
    encryption: "REQUIRED",
    integrity: "REQUIRED",
  } as const;
  for (const name of ["authentication", "encryption", "integrity"] as const) {
    const error = await failureOf({ [name]: "NO" }, { [name]: required[name] });
    assertInstanceOf(error, PolicyError);
    assert(error.message.startsWith(name), error.message);
  }
});

Deno.test("the error names a cipher that is not supported", async () => {
  const blowfish = await failureOf({ more: [["CryptoMethods", '"BLOWFISH"']] });
  assertInstanceOf(blowfish, CedarUnsupportedError);
  assert(blowfish.message.includes("BLOWFISH"));
  const alone = await failureOf({ encryption: "NO", integrity: "YES" });
  assertInstanceOf(alone, CedarUnsupportedError);
  const none = await failureOf({ noKey: true });
  assertInstanceOf(none, CedarUnsupportedError);
  assertThrows(
    () => new SecurityContext({ cryptoMethods: ["3DES"] }),
    PolicyError,
    "no supported cipher",
  );
});

Deno.test("a senseless answer in the handshake is a CedarProtocolError", async () => {
  for (
    const decision of [
      { authentication: "MAYBE" },
      { encryption: "" },
      { more: [["ECDHPublicKey", '"AAAA"']] as [string, string][] },
    ]
  ) {
    assertInstanceOf(
      await failureOf({ ...decision, noKey: "more" in decision }),
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

Deno.test("if the server answers DENIED, the PeerDeniedError names the user", async () => {
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

Deno.test("the error of a failed authentication names each method and its reason", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    const request = await receiveRequest(sock);
    await decide(sock, request, {
      authentication: "YES",
      methods: "KERBEROS,FS,CLAIMTOBE",
    });
    assertEquals(await sock.reader.getInt(), 4 | 2);
    await sock.reader.endOfMessage();
    sock.writer.putInt(4).endOfMessage();
    // This is not a directory of FS. The client must not make it.
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

/**
 * Starts a server that rejects every CLAIMTOBE, but does not require
 * authentication.
 */
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

Deno.test("startCommand() continues after a failed authentication that nobody requires", async () => {
  await using daemon = refusing();
  using connection = await startCommand(daemon.address, nop, {
    security: context(),
  });
  assertEquals(connection.peer.method, undefined);
});

Deno.test("startCommand() fails after a failed authentication that the client requires", async () => {
  await using daemon = refusing();
  const security = context({ authentication: "REQUIRED" });
  await assertRejects(
    () => startCommand(daemon.address, nop, { security }),
    AuthenticationError,
  );
});

Deno.test("a peer that goes silent runs into the time limit, at every step", async () => {
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
    const security = context({ timeouts: shortTimeouts });
    const start = performance.now();
    const error = await assertRejects(
      () => startCommand(daemon.address, nop, { security }),
      CedarTimeout,
    );
    assert(performance.now() - start < 1200);
    assertEquals(error.subject, daemon.address.toString());
  }
});

Deno.test("a peer that sends single bytes slowly runs into the handshake's time limit", async () => {
  await using daemon = FakeDaemon.serve(async (sock) => {
    for (const byte of [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) {
      await sock.transport.write(Uint8Array.of(byte));
      await new Promise((r) => setTimeout(r, 100));
    }
  });
  const security = context({ timeouts: { ...shortTimeouts, handshake: 500 } });
  await assertRejects(
    () => startCommand(daemon.address, nop, { security }),
    CedarTimeout,
    "handshake within 0.5 s",
  );
});

Deno.test("an aborted signal ends the wait with the signal's reason", async () => {
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

Deno.test("the error says that nobody listens, or that another service answers", async () => {
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

Deno.test("the error about an address that needs CCB says what to do", async () => {
  const address = Sinful.parse("<10.9.8.7:1?CCBID=10.9.8.6:9618%231>");
  const error = await assertRejects(
    () => startCommand(address, nop),
    CedarUnsupportedError,
    "CCB",
  );
  assert(error.remedy?.includes("CCB_ADDRESS"));
});

Deno.test("startCommand() uses the first address that answers", async () => {
  await using daemon = FakeDaemon.serve((sock) => welcome(sock));
  const { port } = daemon.address;
  const address = Sinful.parse(
    `<127.0.0.1:1?addrs=127.0.0.1-1+127.0.0.1-${port}>`,
  );
  using connection = await startCommand(address, nop);
  assertEquals(connection.peer.encrypted, true);
});

Deno.test("the message to the shared port goes first and is not part of the digests", async () => {
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
