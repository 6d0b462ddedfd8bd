import { assertEquals } from "@std/assert";
import {
  chooseSchedd,
  collectorAddresses,
  CondorConfig,
  readAddressFile,
} from "../../lib/condor/mod.ts";

Deno.test("chooseSchedd() weights the duty cycle 0.7, running jobs 0.2 and idle jobs 0.1", () => {
  const load = (dutyCycle: number, running: number, idle: number) => ({
    dutyCycle,
    running,
    idle,
  });
  assertEquals(chooseSchedd([load(0.5, 0, 0), load(0.4, 0, 0)]), 1);
  assertEquals(chooseSchedd([load(0, 0, 10), load(0, 4, 0)]), 1);
  assertEquals(chooseSchedd([load(0, 0, 9), load(0, 5, 0)]), 0);
  assertEquals(chooseSchedd([load(0, 1, 1), load(0, 1, 1)]), 0);
  assertEquals(chooseSchedd([]), -1);
});

Deno.test("chooseSchedd() replaces a missing value by the worst value of the other ads", () => {
  const silent = { dutyCycle: undefined, running: undefined, idle: undefined };
  const known = { dutyCycle: 0.9, running: 500, idle: 10 };
  assertEquals(chooseSchedd([silent, known]), 0);
  assertEquals(chooseSchedd([silent, { ...known, idle: 0 }, known]), 1);
  assertEquals(chooseSchedd([silent]), 0);
});

Deno.test("collectorAddresses() adds the port if none is given", () => {
  assertEquals(collectorAddresses(undefined, ["cm.org", "b.org:9619"]), [
    "cm.org:9618",
    "b.org:9619",
  ]);
  assertEquals(collectorAddresses("[::1]", []), ["[::1]:9618"]);
  assertEquals(collectorAddresses("[::1]:99", []), ["[::1]:99"]);
  assertEquals(collectorAddresses("cm?sock=collector", []), [
    "cm:9618?sock=collector",
  ]);
  assertEquals(collectorAddresses("<1.2.3.4:5>", []), ["<1.2.3.4:5>"]);
  assertEquals(collectorAddresses(undefined, ["cm.org", "b.org:1"], "9700"), [
    "cm.org:9700",
    "b.org:1",
  ]);
});

function addressFile(text: string): CondorConfig {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, text);
  return new CondorConfig(
    new Map([["SCHEDD_ADDRESS_FILE", path], ["FULL_HOSTNAME", "host.org"], [
      "SCHEDD_NAME",
      "second",
    ]]),
  );
}

Deno.test("readAddressFile() reads the files that schedds of 23 and 25 write", () => {
  const address = "<127.0.0.1:9618?sock=schedd_1_2>";
  const version = "$CondorVersion: 23.9.6 2024-08-08 $";
  const old = addressFile(`${address}\n${version}\n$CondorPlatform: X $\n`);
  assertEquals(readAddressFile(old), {
    name: "second@host.org",
    address,
    version,
    local: true,
  });
  const named = addressFile(
    `${address}\n${version}\n$CondorPlatform: X $\nMachine = "m"\nName = "n.org"\n`,
  );
  assertEquals(readAddressFile(named)?.name, "n.org");
});

Deno.test("readAddressFile() finds no schedd if the file is missing or incomplete", () => {
  assertEquals(readAddressFile(addressFile("")), undefined);
  const gone = new CondorConfig(
    new Map([["SCHEDD_ADDRESS_FILE", "/no/such/.schedd_address"]]),
  );
  assertEquals(readAddressFile(gone), undefined);
  assertEquals(readAddressFile(new CondorConfig(new Map())), undefined);
});
