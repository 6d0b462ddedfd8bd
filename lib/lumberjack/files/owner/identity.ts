import type { Service } from "./service.ts";

/** The service `identity`: says as whom the process acts, `{uid, gid}`. */
export const identity: Service = () => ({
  result: { uid: Deno.uid(), gid: Deno.gid() },
});
