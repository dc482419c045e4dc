-- What a run's store (run.sqlite) holds. Times are nanoseconds since the run's time zero; what happened before it
-- (start-up) is negative. Tables fill while the run goes on; meta's state is 'running' until it is over.

CREATE TABLE meta (      -- one row a fact
  key TEXT PRIMARY KEY,  -- schema, state (running, complete), scenario, world (sim, emu), seed, duration_ns, file,
  value TEXT             -- settings (the scenario file), overrides (--set, a line each), profile (sim: the cost
) WITHOUT ROWID;         -- profile, JSON), provenance.*, environment.*; when complete: fingerprint, valid (true, false),
                         -- summary (summary.json)

CREATE TABLE pods (
  id INTEGER PRIMARY KEY,  -- what the other tables mean by a pod
  name TEXT,
  service TEXT,            -- empty where it serves nothing: a load generator, the control plane
  zone TEXT,
  node TEXT,
  address TEXT             -- its IP address, by which proxies speak of it
);

CREATE TABLE loads (id INTEGER PRIMARY KEY, text TEXT);

CREATE TABLE links (zone_a TEXT, zone_b TEXT, rtt_ns INTEGER, jitter_ns INTEGER, loss REAL, bandwidth_bps INTEGER);

CREATE TABLE requests (
  load INTEGER,
  number INTEGER,
  intended_ns INTEGER,
  sent_ns INTEGER,
  done_ns INTEGER,
  latency_ns INTEGER,  -- done - intended
  status INTEGER,      -- of the HTTP answer; 0: none
  failure TEXT,        -- NONE, or why it failed
  trace TEXT           -- 32 hexadecimal digits where it is sampled, else NULL
);

CREATE TABLE attempts (  -- one try at one endpoint, by whoever chose it
  from_pod INTEGER,
  to_pod INTEGER,
  at_ns INTEGER,         -- when the endpoint was chosen
  done_ns INTEGER,
  status INTEGER,
  failure TEXT,
  retry INTEGER
);

CREATE TABLE spans (     -- one role's part in a sampled request; the instants are explained in mesh/telemetry/record.h
  trace TEXT,            -- 32 hexadecimal digits; span and parent 16
  span TEXT,
  parent TEXT,           -- NULL: the root
  pod INTEGER,
  peer INTEGER,          -- the pod the last try went to; NULL: none
  kind TEXT,             -- load, call, outbound, inbound, gateway, waypoint, server
  begin_ns INTEGER,
  sent_ns INTEGER,
  returned_ns INTEGER,
  end_ns INTEGER,
  connecting_ns INTEGER,
  dialling_ns INTEGER,
  securing_ns INTEGER,
  retrying_ns INTEGER,
  computing_ns INTEGER,
  status INTEGER,
  failure TEXT,
  attempts INTEGER,
  method TEXT            -- of the request; _OTHER: none of HTTP's own
);

CREATE TABLE events (at_ns INTEGER, kind TEXT, subject TEXT, detail TEXT);

CREATE TABLE accesses (at_ns INTEGER, proxy TEXT, line TEXT);  -- the access log

CREATE TABLE metric_series (id INTEGER PRIMARY KEY, series TEXT UNIQUE);  -- `istio_requests_total{reporter="source",…}`
CREATE TABLE metric_points (at_ns INTEGER, pod INTEGER, series INTEGER, value REAL);

CREATE TABLE roles (name TEXT, kind TEXT, cpu_ns INTEGER, memory_peak INTEGER);  -- filled when the run is over

CREATE VIEW metrics AS
  SELECT at_ns, pod, metric_series.series AS series, value FROM metric_points JOIN metric_series ON id = metric_points.series;

CREATE VIEW decisions AS  -- what the mesh decided of itself
  SELECT at_ns, kind, subject, detail FROM events
  WHERE kind IN ('ejected', 'returned', 'pod_ready', 'pod_unready', 'pod_gone', 'refused_config');

CREATE VIEW pushes AS  -- configuration taken over by a proxy
  SELECT at_ns, subject, detail FROM events WHERE kind = 'config';
