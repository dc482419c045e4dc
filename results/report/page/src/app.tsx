// The page: which run is looked at, and its sections from the verdict down to where the figures come from.

import {useEffect, useState} from 'preact/hooks';
import {Answered} from './answered';
import {clock} from './clock';
import {runAt, runCount, setsOf, worldsOf, type Run} from './data';
import {EventList} from './event_list';
import {Head} from './head';
import {Latency} from './latency';
import {MetricsOverTime} from './metrics';
import {ModelError} from './model_error';
import {Overview} from './overview';
import {Provenance} from './provenance';
import {Replay} from './replay';
import {Runs} from './runs';
import {Settings} from './settings';
import {hasTimeSpent, TimeSpent} from './time_spent';
import {Traces} from './traces';

// Where the replay stands at first: shortly after the first thing the timeline does, where there is most to see.
function firstMoment(run: Run): number {
  const world = run.worlds.emu ?? run.worlds.sim;
  const first = world?.events.rows.find(([at, kind]) => at > 0 && kind === 'fault');
  return first ? Math.min(first[0] + Math.max(run.width_s * 2, 0.05), run.duration_s) : run.duration_s / 2;
}

export function App() {
  const [index, setIndex] = useState(0);
  const run = runAt(index);
  useEffect(() => {
    clock.reset(run.duration_s, firstMoment(run));
  }, [run]);
  useEffect(() => {
    document.documentElement.dataset.ready = 'true';
    performance.mark('meshtwin-ready');
  }, []);
  const traced = run.traces.list.length > 0;
  const measured = worldsOf(run).some((name) => Object.keys(run.worlds[name]?.metrics.families ?? {}).length > 0);
  return (
    <>
      <a class="skip" href="#overview">Skip to the verdict</a>
      <Head run={run} index={index} onRun={setIndex} traced={traced} measured={measured} />
      <main key={index}>
        {runCount() > 1 && <Runs index={index} onRun={setIndex} />}
        <Overview run={run} />
        <Replay run={run} />
        <EventList run={run} />
        <Answered run={run} />
        <Latency run={run} />
        {hasTimeSpent(run) && <TimeSpent run={run} />}
        {run.comparison && <ModelError comparison={run.comparison} />}
        {setsOf().map((set, i) => <ModelError key={set.name} id={`error-of-set-${i}`} title={`Model error over all runs in ${set.name}`} comparison={set.comparison} />)}
        {traced && <Traces run={run} />}
        {measured && <MetricsOverTime run={run} />}
        <Settings run={run} />
        <Provenance run={run} />
      </main>
      <footer>Written by meshtwin report. Everything on this page is inside this one file.</footer>
    </>
  );
}
