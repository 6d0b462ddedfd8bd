import { poolTest } from "./harness/mod.ts";
import { endsAsHere } from "./dag_away_check.ts";

poolTest(
  "on 25, a DAG whose nodes run away in part ends as one that runs here, also when DAGMan is killed meanwhile",
  () => endsAsHere({ root: "sid", killDagman: true, formatOptions: "UTC" }),
);
