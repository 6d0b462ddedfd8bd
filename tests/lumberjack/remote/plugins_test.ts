import { assertEquals } from "@std/assert";
import { needsPlugins } from "../../../lib/lumberjack/remote/plugins.ts";
import { QueueTable } from "../../../lib/queue_log/mod.ts";
import { type Attributes, queueLog, vanilla } from "../queue_fixture.ts";

function needs(cluster: Attributes, proc: Attributes): boolean {
  using table = QueueTable.read(queueLog([{
    cluster: 1,
    attributes: { ...vanilla, ...cluster },
    procs: [{}, proc],
  }]));
  return needsPlugins(table);
}

Deno.test("jobs need plugins if one names a URL, asks for a plugin, or brings one", () => {
  assertEquals(needs({ TransferInput: '"a, https://host/b"' }, {}), true);
  assertEquals(needs({}, { OutputDestination: '"gdrive://results"' }), true);
  assertEquals(needs({}, { transferplugins: '"x=/home/alice/x"' }), true);
  const requirements =
    'StringListIMember("box", TARGET.HasFileTransferPluginMethods)';
  assertEquals(needs({ Requirements: requirements }, {}), true);
});

Deno.test("a URL in the environment or the arguments needs no plugin", () => {
  assertEquals(
    needs({ TransferInput: '"a:/b, /c/d"' }, { Cmd: '"x:"' }),
    false,
  );
  assertEquals(needs({ Environment: '"http_proxy=http://proxy"' }, {}), false);
  assertEquals(needs({}, { Arguments: '"http://host/x"' }), false);
});
