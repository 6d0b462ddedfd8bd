import { assertEquals, assertThrows } from "@std/assert";
import { Sinful, SinfulSyntaxError } from "../../lib/cedar/mod.ts";

Deno.test("Sinful.parse() reads the address of a schedd that uses the shared port", () => {
  const text =
    "<10.0.0.1:9618?CCBID=10.0.0.2:9618%23123&PrivNet=cluster&addrs=10.0.0.1-9618+[2001-db8--1]-9618&alias=submit.example.org&noUDP&sock=schedd_12_ab>";
  const sinful = Sinful.parse(text);
  assertEquals(sinful.host, "10.0.0.1");
  assertEquals(sinful.port, 9618);
  assertEquals(sinful.sharedPortId, "schedd_12_ab");
  assertEquals(sinful.alias, "submit.example.org");
  assertEquals(sinful.ccbContact, "10.0.0.2:9618#123");
  assertEquals(sinful.privateNetworkName, "cluster");
  assertEquals(sinful.noUdp, true);
  assertEquals(sinful.candidates(), [
    { host: "10.0.0.1", port: 9618 },
    { host: "2001:db8::1", port: 9618 },
  ]);
});

Deno.test("Sinful.toString() writes what HTCondor writes", () => {
  for (
    const text of [
      "<127.0.0.1:9618>",
      "<[::1]:9618>",
      "<127.0.0.1:9618?addrs=127.0.0.1-9618&alias=submit.test&noUDP&sock=schedd_53_3f03>",
      "<127.0.0.1:9618?addrs=127.0.0.1-9618+[2001-db8--1]-9618>",
      "<127.0.0.1:9618?PrivAddr=%3c10.0.0.1:1%3e>",
    ]
  ) {
    assertEquals(Sinful.parse(text).toString(), text);
  }
});

Deno.test("Sinful.parse() takes addresses as people write them", () => {
  assertEquals(Sinful.parse("cm.example.org").port, 0);
  assertEquals(Sinful.parse("cm.example.org:9620").port, 9620);
  assertEquals(
    Sinful.parse("cm:9618?sock=collector").sharedPortId,
    "collector",
  );
  assertEquals(Sinful.parse("2001:db8::1").host, "2001:db8::1");
  assertEquals(Sinful.parse("[2001:db8::1]:9618").port, 9618);
  assertEquals(Sinful.parse(" <127.0.0.1:1> ").host, "127.0.0.1");
});

Deno.test("Sinful.parse() uses the last of two equal parameters", () => {
  assertEquals(Sinful.parse("<a:1?sock=x&sock=y>").sharedPortId, "y");
});

Deno.test("Sinful.parse() reads a list of source routes", () => {
  const sinful = Sinful.parse(
    '{[ p="IPv4"; a="10.0.0.1"; port=9618; n="Internet"; alias="cm.test"; spid="schedd_1"; noUDP=true; ], [ p="IPv6"; a="2001:db8::1"; port=9618; n="Internet"; alias="cm.test"; spid="schedd_1"; noUDP=true; ]}',
  );
  assertEquals(
    sinful.toString(),
    "<10.0.0.1:9618?addrs=10.0.0.1-9618+[2001-db8--1]-9618&alias=cm.test&noUDP&sock=schedd_1>",
  );
});

Deno.test("Sinful.parse() rejects what is not an address", () => {
  for (
    const text of [
      "",
      "<127.0.0.1:9618",
      "<:9618>",
      "<127.0.0.1:99999>",
      "<127.0.0.1:9618?=x>",
      "<127.0.0.1:9618?sock=%zz>",
      "<127.0.0.1:9618?addrs=nonsense>",
      "<127.0.0.1:9618>x",
      "<[::1:9618>",
      "{}",
      '{[ p="IPv4"; a="10.0.0.1"; n="Internet"; ]}',
      '{[ p="IPv4"; a="1.1.1.1"; port=1; n="Internet"; spid="a"; ], [ p="IPv4"; a="1.1.1.1"; port=1; n="Internet"; ]}',
      "<a b:1>",
      "x".repeat(20_000),
    ]
  ) {
    assertThrows(() => Sinful.parse(text), SinfulSyntaxError);
  }
});
