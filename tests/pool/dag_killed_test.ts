import { poolTest } from "./harness/mod.ts";
import { endsAsHere } from "./dag_away_check.ts";

poolTest(
  "on 25, a DAG with some nodes at a remote site has the same results as a DAG that runs here, even if DAGMan is killed meanwhile",
  () => endsAsHere({ root: "sid", killDagman: true, formatOptions: "UTC" }),
);
