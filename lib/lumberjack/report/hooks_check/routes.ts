import type { Site } from "../../site/site.ts";
import { ok, type Tell, warning } from "../doctor/finding.ts";
import type { HooksSubject } from "./subject.ts";
import { listed } from "./passes.ts";

const form = /^Lumberjack(Edit|Copy)_(\w+)$/;

/** Does each route lead to a site, and does the site ask for the route's jobs? */
export function examineRoutes(
  { knobs, sites }: HooksSubject,
  tell: Tell,
): void {
  const names = listed(knobs.get("JOB_ROUTER_ROUTE_NAMES")?.value);
  const ours = names.filter((name) => form.test(name));
  if (ours.length === 0) return;
  const failed = (message: string, remedy: string) =>
    tell({ check: "routes", state: "failed", message, remedy });
  if (!listed(knobs.get("DAEMON_LIST")?.value).includes("JOB_ROUTER")) {
    failed(
      `DAEMON_LIST has no JOB_ROUTER (${knobs.get("DAEMON_LIST")?.place})`,
      "add JOB_ROUTER where DAEMON_LIST is set last",
    );
  }
  for (const name of ours) {
    const route = knobs.get(`JOB_ROUTER_ROUTE_${name.toUpperCase()}`);
    if (route === undefined) {
      failed(
        `JOB_ROUTER_ROUTE_${name} is not set`,
        "run lumberjack hooks install again",
      );
    } else examineRoute(name, route.value, { sites: sites.sites, knobs }, tell);
  }
  for (const site of sites.sites) {
    if (ours.some((name) => form.exec(name)?.[2] === site.name)) continue;
    tell(
      warning(
        "routes",
        `no route leads to ${site.name}`,
        "run lumberjack hooks install again, if the Job Router is to choose it",
      ),
    );
  }
}

function examineRoute(
  name: string,
  route: string,
  { sites, knobs }: Pick<HooksSubject, "knobs"> & {
    readonly sites: readonly Site[];
  },
  tell: Tell,
): void {
  const [, kind, siteName] = form.exec(name)!;
  const failed = (message: string, remedy: string) =>
    tell({ check: "routes", state: "failed", message, remedy });
  const site = sites.find((site) => site.name === siteName);
  if (site === undefined) {
    return failed(
      `${name} leads to ${siteName}, which is not in force`,
      "add the site to LUMBERJACK_SITES, or run lumberjack hooks install again",
    );
  }
  const asksFor = kind === "Edit" ? "LumberjackSite" : "RouteName";
  if (!new RegExp(`\\b${asksFor}\\b`, "i").test(site.constraint)) {
    const value = kind === "Edit" ? siteName : name;
    return failed(
      `${siteName} does not ask for the jobs of ${name}: its constraint is ` +
        site.constraint,
      `set LUMBERJACK_${siteName}_CONSTRAINT = ${asksFor} == "${value}"`,
    );
  }
  const limit = (knob: string) =>
    Number(new RegExp(`^\\s*${knob}\\s*=\\s*(\\d+)`, "im").exec(route)?.[1]);
  if (kind === "Copy" && !(limit("MaxIdleJobs") >= limit("MaxJobs"))) {
    return failed(
      `${name} has MaxIdleJobs below MaxJobs: a copy that is away is idle to the router`,
      "set both to the same number",
    );
  }
  const keyword = knobs.get("JOB_ROUTER_HOOK_KEYWORD")?.value;
  if (kind === "Copy" && keyword?.toUpperCase() !== "LJ") {
    return failed(
      `JOB_ROUTER_HOOK_KEYWORD is ${
        keyword ?? "not set"
      }: nobody stages files for ${name}`,
      "set JOB_ROUTER_HOOK_KEYWORD = LJ",
    );
  }
  const masters = listed(knobs.get("DAEMON_LIST")?.value);
  const isCondors =
    [...knobs.keys()].some((name) =>
      /^SCHEDD_CRON_LUMBERJACK_EXECUTABLE$/.test(name)
    ) && !masters.includes("LUMBERJACK") && Deno.uid() === 0;
  if (kind === "Copy" && isCondors) {
    return failed(
      `the passes run as condor, and cannot bring outputs to what ${name} has staged`,
      "run passes as root: lumberjack hooks install master, or a timer of root's",
    );
  }
  tell(ok("routes", `${name} leads to ${siteName}`));
}
