#!/usr/bin/env python3
"""Writes made-up results of a run in both worlds, with stores of results/store_schema.sql: what the report's page is
tested and measured on without waiting for a run. Not a simulation: requests go down a chain of services, a zone fails
in the middle, the worlds differ by a little noise.

    made_up_runs.py FOLDER [--pods 1000] [--requests 200000] [--services 3] [--zones 2] [--seed 7] [--worlds emu sim]
"""

import argparse
import json
import math
import pathlib
import random
import sqlite3

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "results" / "store_schema.sql"
MS, S = 1_000_000, 1_000_000_000
# A text that would end the page's script, or run, if it were not escaped.
HOSTILE = "</script><script>document.title='broken'</script><!--"


def percentile(values, share):
    return values[max(math.ceil(len(values) * share) - 1, 0)] if values else None


class Run:
    def __init__(self, options):
        self.options = options
        self.duration = options.duration * S
        self.fail_at, self.back_at = int(self.duration * 0.3), int(self.duration * 0.65)
        self.zones = [f"az-{chr(97 + i)}" for i in range(options.zones)]
        self.services = ["frontend", "backend", "stock", "prices", "users", "orders", "mail", "search"]
        self.services = (self.services + [f"service-{i}" for i in range(8, options.services)])[: options.services]
        self.pods = []  # (name, service, zone, node, address)
        by_group = {}
        each = max(options.pods // (len(self.services) * len(self.zones)), 1)
        for z, zone in enumerate(self.zones):
            for service in self.services:
                for i in range(each):
                    by_group.setdefault((service, zone), []).append(len(self.pods))
                    address = f"10.{z + 1}.{len(self.pods) // 250}.{len(self.pods) % 250 + 2}"
                    self.pods.append((f"{service}-{zone}-{i}", service, zone, f"{zone}-node-{i % 3}", address))
        self.by_group = by_group
        self.load = len(self.pods)
        self.pods.append(("load-0", "", self.zones[0], f"{self.zones[0]}-node-0", ""))
        self.pods.append(("control-plane", "", self.zones[-1], f"{self.zones[-1]}-node-0", ""))

    def depths(self):
        """A chain for small graphs; beyond three services, each of a layer is called by all of the one above."""
        layers, rest = [[self.services[0]]], self.services[1:]
        while rest:
            layers.append(rest[: 1 if self.options.services < 4 else 6])
            rest = rest[len(layers[-1]):]
        return layers

    def path(self, rng):
        return [rng.choice(layer) for layer in self.depths()[:4]]

    def write(self, world, folder):
        rng = random.Random(f"{self.options.seed}/{world}")
        shared = random.Random(self.options.seed)  # arrivals, traces and computing are the same in both worlds
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "run.sqlite"
        file.unlink(missing_ok=True)
        store = sqlite3.connect(file)
        store.executescript(SCHEMA.read_text())
        store.executemany("INSERT INTO pods VALUES (?,?,?,?,?,?)", [(i, *pod) for i, pod in enumerate(self.pods)])
        store.execute("INSERT INTO loads VALUES (0, ?)", (f"{self.options.requests}/run from az-a to frontend",))
        latencies = self.requests(world, store, rng, shared)
        self.events(world, store)
        self.metrics(store)
        summary = self.summary(world, latencies)
        meta = {"schema": "1", "state": "complete", "scenario": "made-up", "world": world, "seed": str(self.options.seed),
                "duration_ns": str(self.duration), "fingerprint": "0123456789abcdef", "file": "made-up.yaml",
                "settings": f"# {HOSTILE}\nschema: 1\nname: made-up\nseed: {self.options.seed}\n", "summary": json.dumps(summary),
                "provenance.profile": "reference", "environment.kernel": "Linux 6.18", "environment.cores": "2",
                "environment.world": world}
        if self.options.unfinished:
            meta = {**meta, "state": "running"}
            del meta["summary"]
        store.executemany("INSERT INTO meta VALUES (?,?)", meta.items())
        store.commit()
        store.close()
        if self.options.unfinished:
            return summary
        (folder / "summary.json").write_text(json.dumps(summary))
        return summary

    def zone_for(self, service, zone, at, rng):
        down = service == self.services[min(1, len(self.services) - 1)] and self.fail_at <= at < self.back_at
        if down and zone == self.zones[0]:
            return self.zones[1 % len(self.zones)], at - self.fail_at < 60 * MS
        return (zone if rng.random() < 0.8 else rng.choice(self.zones[1:] or self.zones) if not down else zone), False

    def requests(self, world, store, rng, shared):
        count = self.options.requests
        rows, attempts, spans, latencies = [], [], [], []
        every = max(count // 3000, 1)
        for number in range(count):
            at = int(number * self.duration / count)
            trace = f"{shared.getrandbits(128):032x}" if number % every == 0 else None
            work = [shared.expovariate(1 / (3 * MS)) for _ in range(4)]
            took, failure = self.call_path(world, number, at, trace, work, rng, attempts, spans)
            rows.append((0, number, at, at + 20_000, at + took, took, 503 if failure else 200,
                         "HTTP_5XX" if failure else "NONE", trace))
            if not failure:
                latencies.append((at, took))
        store.executemany("INSERT INTO requests VALUES (?,?,?,?,?,?,?,?,?)", rows)
        store.executemany("INSERT INTO attempts VALUES (?,?,?,?,?,?,?)", attempts)
        columns = ("trace, span, parent, pod, peer, kind, begin_ns, sent_ns, returned_ns, end_ns, connecting_ns, securing_ns, "
                   "retrying_ns, computing_ns, status, failure, attempts, dialling_ns, method")
        store.executemany(f"INSERT INTO spans ({columns}) VALUES ({','.join('?' * 17)}, 0, 'GET')", spans)
        return latencies

    def call_path(self, world, number, at, trace, work, rng, attempts, spans):
        overhead = int((260_000 if world == "emu" else 235_000) * rng.lognormvariate(0, 0.25))
        caller, zone, begin, failure, legs = self.load, self.zones[0], at, False, []
        for service, compute in zip(self.path(random.Random(number)), work):
            zone, failing = self.zone_for(service, zone, begin, rng)
            if failing and rng.random() < 0.5:
                dead = rng.choice(self.by_group[(service, self.zones[0])])
                attempts.append((caller, dead, begin, begin + 300_000, 0, "CONNECT_REFUSED", 0))
                begin += 400_000
                failure = failure or rng.random() < 0.2
            pod = rng.choice(self.by_group[(service, zone)])
            hop = 1 * MS if self.pods[caller][2] != zone else 0
            legs.append((caller, pod, begin, hop, int(compute), failing))
            begin += overhead + hop
            caller = pod
        end = begin
        for caller, pod, started, hop, compute, retried in reversed(legs):
            end += compute + overhead // 4 + hop
            attempts.append((caller, pod, started, end, 503 if failure else 200, "HTTP_5XX" if failure else "NONE", int(retried)))
        if trace:
            self.spans_of(trace, at, end, legs, overhead, failure, spans)
        return end - at, failure

    def spans_of(self, trace, at, end, legs, overhead, failure, spans):
        status, reason = (503, "HTTP_5XX") if failure else (200, "NONE")
        parent = None
        for i, (caller, pod, started, hop, compute, retried) in enumerate(legs):
            close = end - i * (overhead // 4)
            retrying = 400_000 if retried else 0
            for kind, whose, peer, inset in (("load" if i == 0 else "call", caller, None, 0), ("outbound", caller, pod, 1),
                                             ("inbound", pod, pod, 2), ("server", pod, None, 3)):
                span = f"{len(spans) + 1:016x}"
                begin, finish = started + inset * overhead // 8 + (hop if inset > 1 else 0), close - inset * 9_000 - (hop if inset > 1 else 0)
                sent = min(begin + 20_000 + (retrying if inset == 1 else 0), finish)
                spans.append((trace, span, parent, whose, peer, kind, begin, sent, max(finish - 8_000, sent), max(finish, sent),
                              6_000 if inset == 1 else 0, 0, retrying if inset == 1 else 0,
                              compute if kind == "server" else 0, status, reason, 2 if inset == 1 and retried else int(inset in (0, 1, 2))))
                parent = span

    def events(self, world, store):
        broken = self.services[min(1, len(self.services) - 1)]
        dead = self.by_group[(broken, self.zones[0])]
        late = 4 * MS if world == "emu" else 0
        by = "sidecar~10.1.0.2~frontend-az-a-0.default~default.svc.cluster.local"
        rows = [(-600 * MS, "pod_ready", pod[0], "") for pod in self.pods if pod[1]]
        rows.append((self.fail_at, "fault", f"crash {broken} in {self.zones[0]}", ""))
        rows.append((self.back_at, "restore", f"restore {broken} in {self.zones[0]}", ""))
        rows.append((self.fail_at + 200 * MS, "note", HOSTILE, HOSTILE))
        for i, pod in enumerate(dead[:40]):
            rows.append((self.fail_at + 45 * MS + i * MS + late, "ejected", f"{self.pods[pod][4]}:8080",
                         f"outbound|8080||{broken}.default.svc.cluster.local by {by}: consecutive_5xx"))
            rows.append((self.fail_at + 10 * S + late, "pod_gone", self.pods[pod][0], "stream ended by the other side"))
            rows.append((self.back_at + 30 * MS + late, "pod_ready", self.pods[pod][0], ""))
        for at in (self.fail_at + 10 * S + 100 * MS, self.back_at + 130 * MS):
            rows.append((at, "push", "endpoints", f"version 3, 1 resources, {len(self.pods)} proxies"))
            for pod in self.pods:
                rows.append((at + MS, "config", f"outbound|8080||{broken}.default.svc.cluster.local",
                             f"sidecar~{pod[4]}~{pod[0]}.default~default.svc.cluster.local: endpoints"))
        store.executemany("INSERT INTO events VALUES (?,?,?,?)", rows)

    def metrics(self, store):
        rows = []
        for at in range(0, self.options.duration, 5):
            for i in range(0, len(self.pods) - 2, max(len(self.pods) // 100, 1)):
                rows.append((at * S, i, 0, at * 10.0))
        store.execute("INSERT INTO metric_series VALUES (0, ?)", ('istio_requests_total{reporter="destination",response_code="200"}',))
        store.executemany("INSERT INTO metric_points VALUES (?,?,?,?)", rows)

    def figures(self, latencies):
        values = sorted(took / MS for _, took in latencies)
        return {"mean": sum(values) / max(len(values), 1), "p50": percentile(values, 0.5), "p90": percentile(values, 0.9),
                "p99": percentile(values, 0.99), "p999": percentile(values, 0.999), "max": values[-1] if values else None}

    def summary(self, world, latencies):
        count, ok = self.options.requests, len(latencies)
        bounds = [("start", 0, self.fail_at), ("after crash", self.fail_at, self.back_at), ("after restore", self.back_at, self.duration)]
        phases = []
        for name, begin, end in bounds:
            inside = [one for one in latencies if begin <= one[0] < end]
            sent = len(range(*(int(t * count / self.duration) for t in (begin, end))))
            phases.append({"name": name, "start_s": begin / S, "end_s": end / S, "latency_ms": self.figures(inside),
                           "requests": {"sent": sent, "ok": len(inside), "failed": {}}, "services": {}})
        rate = ok / count
        expected = [("success_rate at least 99 %", rate, f"{rate:.2%}", rate >= 0.99),
                    ("latency_p99 at most 1ms", 20.0, "20.0 ms", False)]
        return {"schema": 1, "scenario": "made-up", "world": world, "seed": self.options.seed, "duration_s": self.options.duration,
                "valid": True, "invalid_reasons": [], "warnings": [], "requests": {"sent": count, "ok": ok, "failed": {"HTTP_5XX": count - ok} if ok < count else {}},
                "latency_ms": self.figures(latencies), "phases": phases, "failover_s": {"backend": 0.063}, "failovers": [],
                "roles": {}, "services": {}, "attempts": {"total": count * 2, "retries": 6, "failed": {}},
                "generator": {"lateness_us": {"p50": 20, "p99": 40, "max": 90, "at_the_end": 20}}, "utilisation": 0.4, "steal": 0,
                "expectations": [dict(zip(("text", "value", "shown", "pass"), one), why="") for one in expected],
                "timeline": [{"at_s": self.fail_at / S, "text": "crash backend in az-a"}, {"at_s": self.back_at / S, "text": "restore backend in az-a"}],
                "provenance": {"profile": "reference"}}


def comparison(sim, emu):
    rows = []
    for s, e in zip(sim["phases"] + [{**sim, "name": "whole run"}], emu["phases"] + [{**emu, "name": "whole run"}]):
        for figure in ("p50", "p90", "p99"):
            a, b = s["latency_ms"][figure], e["latency_ms"][figure]
            error = (a - b) / b if a and b else None
            rows.append({"phase": s["name"], "figure": figure, "sim_ms": a, "emu_ms": b, "error": error,
                         "null_model_ms": a and a * 0.8, "null_model_error": error and error - 0.2, "emu_repeat_ms": b, "emu_repeat_error": 0.004})
    return {"schema": 1, "scenario": "made-up", "seed": sim["seed"], "valid": True, "invalid_reasons": [], "same_arrivals": True,
            "requests": {"sent": {"sim": sim["requests"]["sent"], "emu": emu["requests"]["sent"]}, "ok": {"sim": sim["requests"]["ok"], "emu": emu["requests"]["ok"]}, "failed": {}},
            "latency": rows, "mesh_added": [], "shares": [], "failover_s": {"backend": {"sim": 0.063, "emu": 0.067, "error": -0.06}}, "cpu_us_per_request": {}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    for name, value in (("pods", 12), ("requests", 6000), ("services", 3), ("zones", 2), ("seed", 7), ("duration", 40)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--worlds", nargs="+", default=["emu", "sim"])
    parser.add_argument("--unfinished", action="store_true", help="as a run that was killed leaves them")
    options = parser.parse_args()
    run = Run(options)
    suffix = ".unfinished" if options.unfinished else ""
    summaries = {world: run.write(world, options.folder / (world + suffix)) for world in options.worlds}
    if len(summaries) == 2 and not options.unfinished:
        (options.folder / "comparison.json").write_text(json.dumps(comparison(summaries["sim"], summaries["emu"])))


main()
