import { assertEquals, assertThrows } from "@std/assert";
import { clientPolicy, CondorConfig } from "../../lib/condor/mod.ts";
import {
  type ConfigSource,
  expand,
  readConfigFiles,
} from "../../lib/condor/config_file.ts";
import { ConfigurationError } from "../../lib/condor/errors.ts";

/** Returns a host with these files and variables. */
function host(
  files: Record<string, string>,
  variables: Record<string, string> = {},
): ConfigSource {
  return {
    env: (name) => variables[name],
    read: (path) => files[path],
    list: (folder) =>
      Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
    hostname: () => "submit.example.org",
  };
}

function valueOf(source: ConfigSource, name: string): string {
  return expand(name, readConfigFiles(source).values, source.env);
}

Deno.test("in readConfigFiles() later files override earlier ones, and variables override files", () => {
  const files = {
    "/etc/condor/condor_config":
      "LOCAL_DIR = /var\nSPOOL = $(LOCAL_DIR)/spool\nLOCAL_CONFIG_DIR = /etc/condor/config.d\n",
    "/etc/condor/config.d/20-b": "UID_DOMAIN = b.org\n",
    "/etc/condor/config.d/10-a": "UID_DOMAIN = a.org\nLOCAL_DIR = /srv\n",
    "/etc/condor/config.d/30-c~": "UID_DOMAIN = backup.org\n",
  };
  assertEquals(valueOf(host(files), "SPOOL"), "/srv/spool");
  assertEquals(valueOf(host(files), "UID_DOMAIN"), "b.org");
  assertEquals(valueOf(host(files), "TRUST_DOMAIN"), "b.org");
  const variables = { _CONDOR_UID_DOMAIN: "env.org" };
  assertEquals(valueOf(host(files, variables), "UID_DOMAIN"), "env.org");
});

Deno.test("readConfigFiles() reads the file that CONDOR_CONFIG names", () => {
  const files = {
    "/etc/condor/condor_config": "SPOOL = /wrong\n",
    "/home/alice/condor_config": "spool=/home/alice/spool\n",
  };
  const variables = { CONDOR_CONFIG: "/home/alice/condor_config" };
  assertEquals(valueOf(host(files, variables), "SPOOL"), "/home/alice/spool");
  assertEquals(
    valueOf(host(files, { CONDOR_CONFIG: "ONLY_ENV" }), "JOB_QUEUE_LOG"),
    "/spool/job_queue.log",
  );
});

/** Reads a configuration file. Returns its values and the notes. */
function read(text: string, files: Record<string, string> = {}) {
  const source = host({ "/etc/condor/condor_config": text, ...files });
  const { values, notes } = readConfigFiles(source);
  return { value: (name: string) => expand(name, values, source.env), notes };
}

Deno.test("readConfigFiles() joins lines, extends lists and skips comments", () => {
  const { value, notes } = read([
    "# SPOOL = /comment",
    "QUEUE_SUPER_USERS = root, \\",
    "  condor",
    "QUEUE_SUPER_USERS = $(QUEUE_SUPER_USERS), carol",
    "QUEUE_SUPER_USERS += dave",
    "SCHEDD_NAME = late",
    "TOOL.SCHEDD_NAME = named@",
    "SCHEDD_NAME = later",
    "SPOOL @=end",
    "/several lines",
    "@end",
  ].join("\n"));
  assertEquals(
    value("QUEUE_SUPER_USERS").split(/[\s,]+/),
    ["root", "condor", "carol", "dave"],
  );
  assertEquals(value("SCHEDD_NAME"), "named@");
  assertEquals(value("SPOOL"), "/several lines");
  assertEquals(notes, []);
});

Deno.test("readConfigFiles() evaluates conditions, also nested and inverted ones", () => {
  const { value } = read([
    "A = yes",
    "if $(A)",
    "  if defined B",
    "    SPOOL = /wrong",
    "  elif ! defined A",
    "    SPOOL = /wrong",
    "  else",
    "    SPOOL = /right",
    "  endif",
    "  : QUERY_TIMEOUT = 7",
    "else",
    "  SPOOL = /wrong",
    "endif",
    "if 0",
    "  if not a condition, and not looked at",
    "  endif",
    "endif",
  ].join("\n"));
  assertEquals([value("SPOOL"), value("QUERY_TIMEOUT")], ["/right", "7"]);
});

Deno.test("readConfigFiles() compares versions with the version of the local schedd", () => {
  const text = [
    "SPOOL = /spool",
    "if version >= 23.10.0",
    "  use security:recommended",
    "else",
    "  use security:recommended_v9_0",
    "endif",
    "if version != 23.9",
    "  SCHEDD_NAME = other",
    "endif",
  ].join("\n");
  const address = "<127.0.0.1:9618>\n$CondorVersion: 23.9.6 2026-07-12 $\n";
  const known = read(text, { "/spool/.schedd_address": address });
  assertEquals(known.value("SEC_CLIENT_AUTHENTICATION"), "");
  assertEquals(known.value("SEC_DEFAULT_ENCRYPTION"), "required");
  assertEquals(known.value("SCHEDD_NAME"), "");
  assertEquals(known.notes, []);
  const unknown = read(text);
  assertEquals(unknown.value("SEC_CLIENT_AUTHENTICATION"), "OPTIONAL");
  assertEquals(unknown.value("SCHEDD_NAME"), "other");
  assertEquals(unknown.notes.length, 2);
});

Deno.test("readConfigFiles() throws if HTCondor would fail or if only HTCondor knows the value", () => {
  for (
    const [line, message] of [
      ["include command into x : /bin/true", "output of a command"],
      ["include : /bin/true |", "output of a command"],
      ["include : /not/there", "cannot read /not/there"],
      ["use security : unknown", "not known"],
      ["if 1 == 1", "not a valid condition"],
      ["endif", "endif without if"],
      ["error : no", "(no)"],
      ["LOCAL_CONFIG_FILE = /bin/true |", "output of a command"],
    ]
  ) assertThrows(() => read(line), ConfigurationError, message);
  const circle = { "/a": "include : /b", "/b": "include : /a" };
  assertThrows(
    () => read("include : /a", circle),
    ConfigurationError,
    "include each other",
  );
});

Deno.test("expand() uses defaults and the environment, and ends if macros form a circle", () => {
  const values = new Map([
    ["A", "$(B:none) $ENV(HOME) $ENV(NOT_SET:x) $(B:$(B:in))"],
    ["E", "$$(Name)"],
    ["C", "$(D)"],
    ["D", "$(C)"],
  ]);
  const env = (name: string) => name === "HOME" ? "/root" : undefined;
  assertEquals(expand("A", values, env), "none /root x in");
  assertEquals(expand("C", values).startsWith("$("), true);
  assertEquals(expand("E", values), "$$(Name)");
});

Deno.test("CondorConfig reads lists, booleans and numbers", () => {
  const config = new CondorConfig(
    new Map([["L", "a, b  c"], ["T", "True"], ["N", "17"], ["E", ""]]),
  );
  assertEquals(config.list("l"), ["a", "b", "c"]);
  assertEquals([config.boolean("T"), config.boolean("E")], [true, undefined]);
  assertEquals([config.number("N"), config.number("L")], [17, undefined]);
});

Deno.test("clientPolicy() prefers SEC_CLIENT_* and keeps only supported methods", () => {
  const policy = clientPolicy(
    new CondorConfig(
      new Map([
        ["SEC_DEFAULT_ENCRYPTION", "optional"],
        ["SEC_CLIENT_ENCRYPTION", "required"],
        ["SEC_DEFAULT_INTEGRITY", "NEVER"],
        ["SEC_DEFAULT_AUTHENTICATION_METHODS", "KERBEROS, token FS"],
      ]),
    ),
  );
  assertEquals(policy.encryption, "REQUIRED");
  assertEquals(policy.integrity, "NEVER");
  assertEquals(policy.authentication, "PREFERRED");
  assertEquals(policy.methods, ["IDTOKENS", "FS"]);
});

Deno.test("the error of clientPolicy() about an invalid value names the knob", () => {
  const config = new CondorConfig(new Map([["SEC_CLIENT_INTEGRITY", "maybe"]]));
  const error = assertThrows(() => clientPolicy(config), ConfigurationError);
  assertEquals(
    (error as ConfigurationError).subject,
    "SEC_CLIENT_INTEGRITY = maybe",
  );
});

Deno.test("clientPolicy() throws if no method is supported", () => {
  const config = new CondorConfig(
    new Map([["SEC_CLIENT_AUTHENTICATION_METHODS", "KERBEROS,MUNGE"]]),
  );
  assertThrows(
    () => clientPolicy(config),
    ConfigurationError,
    "no supported authentication method",
  );
});
