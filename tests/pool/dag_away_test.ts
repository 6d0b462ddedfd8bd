import { poolTest } from "./harness/mod.ts";
import { endsAsHere } from "./dag_away_check.ts";

poolTest(
  "on 23.9, a DAG whose nodes run away in part ends as one that runs here",
  () => endsAsHere({ root: "trixie" }),
);
