import type { Place } from "../site.ts";
import { commandTransport } from "./command.ts";
import { folderTransport } from "./folder.ts";
import { rsyncTransport } from "./rsync.ts";
import type { Transport } from "./transport.ts";

/** Returns what moves bundles to and from a place of a site. */
export function transportOf(place: Place, site: string): Transport {
  switch (place.kind) {
    case "folder":
      return folderTransport(place.path);
    case "rsync":
      return rsyncTransport(place.host, place.path);
    case "command":
      return commandTransport(place.argv, site);
  }
}
