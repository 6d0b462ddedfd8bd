import type { SecurityContext } from "../../../cedar/mod.ts";
import type {
  CondorConfig,
  Schedd,
  ScheddLocation,
  ScheddRequest,
} from "../../../condor/mod.ts";
import type { ScheddJobQueue } from "../../queue/schedd/job_queue.ts";

/** What is known before a schedd is found. */
export interface HostSubject {
  /** Which schedd the user means. */
  readonly request: ScheddRequest;
  /** The configuration of this host. */
  readonly config: CondorConfig;
  /** How to authenticate. */
  readonly security: SecurityContext;
}

/** What a collector says about a schedd. Times are seconds since 1970. */
export interface ClockReading {
  /** The schedd's name. */
  readonly schedd: string;
  /** When the collector last heard from the schedd, by the collector's clock. */
  readonly heard: number;
  /** What the schedd's own clock said then. */
  readonly said: number;
}

/** What is known once the schedd is found. */
export interface ScheddSubject extends HostSubject {
  /** The name and address of the schedd. */
  readonly location: ScheddLocation;
  /** The schedd. */
  readonly schedd: Schedd;
  /** What the collectors say about clocks. */
  readonly clocks: readonly ClockReading[];
}

/** What is known once the schedd lets us in. */
export interface QueueSubject extends ScheddSubject {
  /** The queue of the schedd. */
  readonly queue: ScheddJobQueue;
}
