-- What a run's store (run.sqlite) holds. Times are nanoseconds since the run's time zero; what happened before it
-- (start-up) is negative. Tables fill while the run goes on; meta.state is 'running' until it is over.

CREATE TABLE meta (      -- one row a fact
  key TEXT PRIMARY KEY,  -- schema, state (running, complete), scenario, world (sim, emu), seed, duration_ns, fingerprint,
  value TEXT             -- file, settings (the scenario file as it was run), summary (summary.json), provenance.*, environment.*
) WITHOUT ROWID;

CREATE TABLE pods (
  id INTEGER PRIMARY KEY,  -- what the other tables mean by a pod
  name TEXT, service TEXT, zone TEXT, node TEXT,  -- service: empty where it serves nothing
  version TEXT
);

CREATE TABLE loads (id INTEGER PRIMARY KEY, text TEXT);

CREATE TABLE requests (
  load INTEGER, number INTEGER,
  intended_ns INTEGER, sent_ns INTEGER, done_ns INTEGER,
  latency_ns INTEGER,  -- done - intended
  status INTEGER,      -- of the HTTP answer; 0: none
  failure TEXT,        -- NONE, or why it failed
  trace TEXT           -- 32 hexadecimal digits where it is sampled, else NULL
);

CREATE TABLE attempts (  -- one try at one endpoint, by whoever chose it
  from_pod INTEGER, to_pod INTEGER, at_ns INTEGER, done_ns INTEGER, status INTEGER, failure TEXT, retry INTEGER
);

CREATE TABLE spans (  -- one role's part in a sampled request; see mesh/telemetry/record.h
  trace TEXT, span TEXT, parent TEXT,  -- hexadecimal; parent NULL: the root
  pod INTEGER, peer INTEGER,           -- peer: the pod the last try went to; NULL: none
  kind TEXT,                           -- load, call, outbound, inbound, gateway, waypoint, server
  begin_ns INTEGER, sent_ns INTEGER, returned_ns INTEGER, end_ns INTEGER,
  connecting_ns INTEGER, securing_ns INTEGER, retrying_ns INTEGER, computing_ns INTEGER,
  status INTEGER, failure TEXT, attempts INTEGER
);

CREATE TABLE events (at_ns INTEGER, kind TEXT, subject TEXT, detail TEXT);
CREATE TABLE accesses (at_ns INTEGER, proxy TEXT, line TEXT);  -- access log
CREATE TABLE metrics (at_ns INTEGER, pod INTEGER, series TEXT, value REAL);

CREATE TABLE roles (name TEXT, pod INTEGER, kind TEXT, cpu_ns INTEGER, memory_peak INTEGER);  -- written when the run is over

-- Where to look for what: what the mesh decided of itself, and what was pushed to whom.
CREATE VIEW decisions AS SELECT at_ns, kind, subject, detail FROM events
  WHERE kind IN ('ejected', 'returned', 'pod_ready', 'pod_gone', 'refused_config');
CREATE VIEW pushes AS SELECT at_ns, subject, detail FROM events WHERE kind = 'config';
