import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { keyOfPassword, keyOfToken } from "../../lib/cedar/auth/akep2.ts";
import {
  parseToken,
  readPassword,
  readSigningKey,
  readTokens,
  scramble,
  signToken,
  type Token,
} from "../../lib/cedar/tokens.ts";
import { CedarProtocolError } from "../../lib/cedar/mod.ts";
import { KeyExchange } from "../../lib/cedar/aes_gcm.ts";

function token(claims: Record<string, unknown>, kid: unknown = "POOL"): string {
  const part = (value: unknown) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256", kid })}.${part(claims)}.c2lnbmF0dXJl`;
}

async function inFolder(run: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("parseToken() reads the claims of a token", () => {
  const text = token({ iss: "pool", sub: "alice@pool", exp: 12, jti: "x" });
  const read = parseToken(` ${text}\n`, "file") as Token;
  assertEquals([read.keyId, read.issuer, read.subject, read.expires], [
    "POOL",
    "pool",
    "alice@pool",
    12,
  ]);
  assertEquals(read.body, text.slice(0, text.lastIndexOf(".")));
  assertEquals(read.signature, new TextEncoder().encode("signature"));
  const capability = parseToken(token({ iss: "pool", jti: "id" })) as Token;
  assertEquals(capability.subject, "id");
});

Deno.test("parseToken() says why a text is not a token", () => {
  for (
    const [text, reason] of [
      ["", "three parts"],
      ["a.b", "three parts"],
      ["a.b.c.d", "three parts"],
      ["a.b.c", "not JSON"],
      ["%%.e30.c", "not JSON"],
      [token({ sub: "x" }, 1), "no key id"],
      [token({ iss: "pool" }), "no subject"],
    ]
  ) {
    const read = parseToken(text);
    assert("reason" in read && read.reason.includes(reason), text);
  }
});

Deno.test("readTokens() reads files in order and skips files that others can read", () =>
  inFolder((folder) => {
    const write = (name: string, text: string, mode = 0o600) => {
      Deno.writeTextFileSync(join(folder, name), text);
      Deno.chmodSync(join(folder, name), mode);
    };
    write("b", `# comment\n\n${token({ sub: "b1" })}\n${token({ sub: "b2" })}`);
    write("a", token({ sub: "a" }));
    write("open", token({ sub: "open" }), 0o644);
    write("broken", "nonsense");
    write(".hidden", token({ sub: "hidden" }));
    write("old~", token({ sub: "old" }));
    Deno.mkdirSync(join(folder, "folder"));
    const { tokens, passedOver } = readTokens({
      tokens: [token({ sub: "first" })],
      directories: [folder, join(folder, "missing")],
    });
    assertEquals(tokens.map((t) => t.subject), ["first", "a", "b1", "b2"]);
    assertEquals(
      passedOver.map((p) => p.file?.slice(folder.length + 1)),
      ["broken", "open", "missing"],
    );
    assert(passedOver[1].reason.includes("chmod 600"));
  }));

Deno.test("readSigningKey() unscrambles keys, and doubles the key POOL", () =>
  inFolder((folder) => {
    const secret = new TextEncoder().encode("secret\0key");
    for (const name of ["POOL", "OTHER"]) {
      Deno.writeFileSync(join(folder, name), scramble(secret), { mode: 0o600 });
    }
    const source = { passwordDirectory: folder };
    assertEquals(readSigningKey("OTHER", source), secret);
    assertEquals(
      readSigningKey("POOL", source),
      new Uint8Array([...secret, ...secret]),
    );
    assertEquals(readSigningKey("../OTHER", source), undefined);
    assertEquals(readSigningKey("MISSING", source), undefined);
    // A password ends at the first NUL.
    assertEquals(
      readPassword(join(folder, "OTHER")),
      new TextEncoder().encode("secret"),
    );
  }));

Deno.test("signToken() makes a token with the given claims", () => {
  const text = signToken(new Uint8Array(64), {
    keyId: "POOL",
    issuer: "pool",
    subject: "alice@pool",
    lifetime: 60,
  });
  const read = parseToken(text) as Token;
  assertEquals([read.keyId, read.issuer, read.subject], [
    "POOL",
    "pool",
    "alice@pool",
  ]);
  assertEquals(read.signature.length, 32);
  const left = read.expires! - Date.now() / 1000;
  assert(left > 50 && left <= 60);
});

Deno.test("keys are derived from passwords and tokens as real daemons accepted them", () => {
  // These keys were recorded when real daemons accepted them.
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  assertEquals(
    hex(keyOfPassword(new TextEncoder().encode("hunter2"))),
    "c2bca77d19114d044b50a3e026e53a4c54e981fb",
  );
  assertEquals(
    hex(keyOfToken(
      "eyJhbGciOiJIUzI1NiIsImtpZCI6IlBPT0wifQ.eyJleHAiOjE3OTUzNTQ1MTksImlhdCI6MTc5NTM1MzkxOSwiaXNzIjoidGVzdCIsImp0aSI6IjY0Iiwic3ViIjoiYWxpY2VAdGVzdCJ9",
      Buffer.from(
        "0a92d7f2967d9b5a3f1e162f33c8484fe625fb4424481982e92846dab0cdeb1f",
        "hex",
      ),
    )),
    "4b0fd3b896075616f6fe767edbb4c8adb7410bdad055afa668b6b4f9b1a350c3",
  );
});

Deno.test("both sides of a key exchange get the same key", () => {
  const a = new KeyExchange(), b = new KeyExchange();
  const key = a.finish(b.publicKey);
  assertEquals(key, b.finish(a.publicKey));
  assertEquals(key.length, 32);
  assertEquals(Buffer.from(a.publicKey, "base64").length, 65);
});

Deno.test("a public key that is not a point of the curve is rejected", () => {
  const { publicKey } = new KeyExchange();
  const point = Buffer.from(publicKey, "base64");
  const changed = (at: number, to: number) => {
    const bytes = Buffer.from(point);
    bytes[at] = to;
    return bytes;
  };
  for (
    const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(65),
      Buffer.from([4, ...new Uint8Array(64)]),
      Buffer.from([4, ...new Uint8Array(64).fill(255)]),
      point.subarray(0, 64),
      Buffer.concat([point, Buffer.of(0)]),
      changed(0, 3),
      changed(64, point[64] ^ 1),
      changed(1, point[1] ^ 1),
    ]
  ) {
    assertThrows(
      () => new KeyExchange().finish(bytes.toString("base64")),
      CedarProtocolError,
      "not a P-256 point",
    );
  }
});
