/**
 * The addresses of daemons, which HTCondor calls "sinful" strings.
 *
 * The usual form is `<host:port?key=value&key=value>`
 * (`condor_utils/condor_sinful.cpp`). IPv6 hosts have brackets, and keys and
 * values are escaped with `%XX`. Known keys are: `addrs` (all addresses, joined
 * by `+`, each `ip-port`, IPv6 as `[fe80--1]-9618`), `alias` (the host's name),
 * `sock` (the daemon's id at the shared port), `CCBID`, `PrivAddr`, `PrivNet`
 * and `noUDP`.
 *
 * The other form ("v1") is a list of source routes:
 * `{[ p="IPv4"; a="127.0.0.1"; port=9618; n="Internet"; ], …}`.
 *
 * @module
 */

import { SinfulSyntaxError } from "./errors.ts";

/** A network address: an IP address or a host name, and a port. */
export interface NetworkAddress {
  /** An IPv4 or IPv6 address without brackets, or a host name. */
  host: string;
  /** The TCP port, 1 to 65535. */
  port: number;
}

/** A daemon's address. It never changes. */
export class Sinful {
  /** The primary host: an IP address without brackets, or a host name. */
  readonly host: string;
  /** The primary TCP port, or 0 if the text has no port. */
  readonly port: number;
  /**
   * All parameters after the `?`, without escapes, in alphabetical order of
   * keys.
   */
  readonly params: ReadonlyMap<string, string>;
  /** The addresses of `addrs`, in the daemon's order of preference. */
  readonly addrs: readonly NetworkAddress[];

  private constructor(
    host: string,
    port: number,
    params: ReadonlyMap<string, string>,
  ) {
    this.host = host;
    this.port = port;
    this.params = params;
    this.addrs = parseAddrs(params.get("addrs"));
  }

  /**
   * Parses an address.
   *
   * @param text A sinful string, or a list of source routes. The brackets may
   * be missing, as in `host:port`, and so may the port.
   * @returns The address.
   * @throws {SinfulSyntaxError} If the text is not an address.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * const s = Sinful.parse("<127.0.0.1:9618?addrs=127.0.0.1-9618&sock=schedd_1>");
   * assertEquals(s.port, 9618);
   * assertEquals(s.sharedPortId, "schedd_1");
   * assertEquals(s.addrs, [{ host: "127.0.0.1", port: 9618 }]);
   * ```
   */
  static parse(text: string): Sinful {
    const trimmed = text.trim();
    if (trimmed.length === 0 || trimmed.length > 16384) {
      throw new SinfulSyntaxError(
        trimmed.length === 0 ? "address is empty" : "address is too long",
        { subject: trimmed.slice(0, 80) },
      );
    }
    if (trimmed[0] === "{") return Sinful.fromRoutes(trimmed);
    const inner = trimmed[0] === "<" ? unbracket(trimmed) : bare(trimmed);
    return new Sinful(...parseInner(inner, text));
  }

  /**
   * Makes an address from its parts.
   *
   * @param host An IP address without brackets, or a host name.
   * @param port The TCP port.
   * @param params Further parameters, such as `sock`.
   * @returns The address.
   */
  static of(
    host: string,
    port: number,
    params: Record<string, string> = {},
  ): Sinful {
    return new Sinful(host, port, sorted(Object.entries(params)));
  }

  /** The daemon's id at the shared port, if it uses one. */
  get sharedPortId(): string | undefined {
    return this.params.get("sock") || undefined;
  }

  /** The name of the host, for certificates and known_hosts. */
  get alias(): string | undefined {
    return this.params.get("alias") || undefined;
  }

  /**
   * The brokers (CCB) to ask for a reverse connection, if the daemon needs one.
   */
  get ccbContact(): string | undefined {
    return this.params.get("CCBID") || undefined;
  }

  /** The name of the private network to which the daemon also belongs. */
  get privateNetworkName(): string | undefined {
    return this.params.get("PrivNet") || undefined;
  }

  /** The daemon's address in the private network. */
  get privateAddress(): string | undefined {
    return this.params.get("PrivAddr") || undefined;
  }

  /** Whether the daemon does not accept UDP. */
  get noUdp(): boolean {
    return this.params.has("noUDP");
  }

  /**
   * Returns the addresses to connect to, in the daemon's order of preference.
   *
   * @returns The addresses of `addrs`. If there are none, host and port.
   */
  candidates(): NetworkAddress[] {
    if (this.addrs.length > 0) return [...this.addrs];
    return [{ host: this.host, port: this.port }];
  }

  /**
   * Returns the address as HTCondor writes it, with parameters in alphabetical
   * order.
   */
  toString(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    const port = this.port === 0 ? "" : `:${this.port}`;
    const params = [...this.params].map(([key, value]) =>
      value === "" ? escape(key) : `${escape(key)}=${escape(value)}`
    ).join("&");
    return `<${host}${port}${params === "" ? "" : `?${params}`}>`;
  }

  /** Makes an address from a list of source routes. */
  private static fromRoutes(text: string): Sinful {
    const routes = parseRoutes(text);
    const primary =
      routes.find((r) => r.p === "primary" && r.ccbid === undefined) ??
        routes.find((r) => r.ccbid === undefined) ?? routes[0];
    const params: [string, string][] = [];
    const direct = routes.filter((r) =>
      r.p !== "primary" && r.ccbid === undefined && r.n === "Internet"
    );
    if (direct.length > 0) {
      params.push(["addrs", direct.map(ccbSafe).join("+")]);
    }
    const alias = routes.find((r) => r.alias !== undefined)?.alias;
    if (alias !== undefined) params.push(["alias", alias]);
    const spid = sameSharedPortId(routes, text);
    if (spid !== undefined) params.push(["sock", spid]);
    const brokers = routes.filter((r) => r.ccbid !== undefined);
    if (brokers.length > 0) {
      params.push([
        "CCBID",
        brokers.map((r) => `${r.a}:${r.port}#${r.ccbid}`).join(" "),
      ]);
    }
    const net = routes.find((r) => r.n !== "Internet")?.n;
    if (net !== undefined) params.push(["PrivNet", net]);
    if (routes.some((r) => r.noUDP)) params.push(["noUDP", ""]);
    return new Sinful(primary.a, primary.port, sorted(params));
  }
}

function sorted(entries: Iterable<[string, string]>): Map<string, string> {
  return new Map(
    [...entries].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}

function unbracket(text: string): string {
  if (!text.endsWith(">")) {
    throw new SinfulSyntaxError("address has no closing >", { subject: text });
  }
  return text.slice(1, -1);
}

/**
 * Returns `host`, `host:port` or `[v6]:port`. An IPv6 address gets brackets.
 */
function bare(text: string): string {
  if (text[0] === "[") return text;
  const host = text.split("?", 1)[0];
  const colons = host.split(":").length - 1;
  return colons > 1 ? `[${host}]${text.slice(host.length)}` : text;
}

function parseInner(
  inner: string,
  whole: string,
): [string, number, Map<string, string>] {
  const match =
    /^(?:\[([0-9A-Fa-f:.%\w]*)\]|([^:?<>\s]*))(?::(\d*))?(?:\?([^<>\s]*))?$/
      .exec(inner);
  if (match === null) {
    throw new SinfulSyntaxError("not an address of the form <host:port?…>", {
      subject: whole,
    });
  }
  const host = match[1] ?? match[2];
  const port = match[3] ? Number(match[3]) : 0;
  if (host === "" || port > 65535) {
    throw new SinfulSyntaxError(
      host === "" ? "address has no host" : "port is out of range",
      { subject: whole },
    );
  }
  return [host, port, parseParams(match[4] ?? "", whole)];
}

function parseParams(text: string, whole: string): Map<string, string> {
  const params: [string, string][] = [];
  for (const pair of text.split(/[&;]/)) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (key === "") {
      throw new SinfulSyntaxError("parameter has no name", {
        subject: whole,
      });
    }
    const value = equals < 0 ? "" : pair.slice(equals + 1);
    params.push([unescape(key, whole), unescape(value, whole)]);
  }
  return sorted(new Map(params));
}

function unescape(text: string, whole: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SinfulSyntaxError("invalid %XX escape", {
      subject: whole,
      cause,
    });
  }
}

function escape(text: string): string {
  let result = "";
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    result += /[A-Za-z0-9._\-:#[\]+]/.test(char)
      ? char
      : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return result;
}

/** Parses `addrs`, where colons are written as dashes: `[fe80--1]-9618`. */
function parseAddrs(text: string | undefined): NetworkAddress[] {
  if (!text) return [];
  return text.split("+").filter((item) => item !== "").map((item) => {
    const match = /^(\[?)([0-9A-Fa-f.%-]+)(\]?)-(\d{1,5})$/.exec(item);
    if (
      match === null || match[1].length !== match[3].length ||
      Number(match[4]) > 65535
    ) {
      throw new SinfulSyntaxError("invalid address in addrs", {
        subject: item,
      });
    }
    return { host: match[2].replaceAll("-", ":"), port: Number(match[4]) };
  });
}

function ccbSafe(route: { a: string; port: number }): string {
  return route.a.includes(":")
    ? `[${route.a.replaceAll(":", "-")}]-${route.port}`
    : `${route.a}-${route.port}`;
}

interface Route {
  p: string;
  a: string;
  port: number;
  n: string;
  alias?: string;
  spid?: string;
  ccbid?: string;
  noUDP: boolean;
}

function parseRoutes(text: string): Route[] {
  if (!/^\{\s*(\[[^[\]]*\]\s*,?\s*)+\}$/.test(text)) {
    throw new SinfulSyntaxError("not a list of source routes", {
      subject: text,
    });
  }
  const routes: Route[] = [];
  for (const [, body] of text.matchAll(/\[([^[\]]*)\]/g)) {
    const fields = new Map<string, string>();
    for (
      const [, key, quoted, plain] of body.matchAll(
        /(\w+)\s*=\s*(?:"([^"]*)"|([^;\s"]+))\s*;?/g,
      )
    ) {
      fields.set(key, quoted ?? plain);
    }
    const p = fields.get("p"), a = fields.get("a"), n = fields.get("n");
    const port = Number(fields.get("port"));
    if (!p || !a || !n || !Number.isInteger(port) || port < 0 || port > 65535) {
      throw new SinfulSyntaxError("source route lacks p, a, port or n", {
        subject: body.trim(),
      });
    }
    routes.push({
      p,
      a,
      n,
      port,
      alias: fields.get("alias"),
      spid: fields.get("spid"),
      ccbid: fields.get("ccbid"),
      noUDP: fields.has("noUDP"),
    });
  }
  return routes;
}

function sameSharedPortId(routes: Route[], text: string): string | undefined {
  const spid = routes[0].spid;
  if (spid !== undefined && routes.some((r) => r.spid !== spid)) {
    throw new SinfulSyntaxError("source routes name several shared port ids", {
      subject: text,
    });
  }
  return spid;
}
