// The scenario file as it was run.

import type {Run} from './data';
import {Section} from './parts';

// Comments and keys stand out; nothing else is understood of the text.
function Line({text}: {text: string}) {
  const comment = /(^|\s)#.*$/.exec(text);
  const code = comment ? text.slice(0, comment.index) : text;
  const key = /^(\s*(?:- )?(?:\{)?)([A-Za-z_][\w.-]*)(:)/.exec(code);
  return (
    <>
      {key ? <>{key[1]}<b>{key[2]}</b>{code.slice(key[1].length + key[2].length)}</> : code}
      {comment && <i>{text.slice(comment.index)}</i>}
      {'\n'}
    </>
  );
}

export function Settings({run}: {run: Run}) {
  if (!run.settings) return null;
  const overrides = run.overrides.split('\n').filter((line) => line !== '');
  return (
    <Section id="settings" title="Settings" note={<>The scenario as it was run{run.file && <>, from <code>{run.file}</code></>}, with seed {run.seed}.</>}>
      <div class="card">
        {overrides.length > 0 && <p>Changed on the command line: {overrides.map((one) => <code key={one} class="chip">--set {one}</code>)}</p>}
        <pre class="settings" tabIndex={0} aria-label="Scenario file"><code>{run.settings.replace(/\n$/, '').split('\n').map((text, i) => <Line key={i} text={text} />)}</code></pre>
      </div>
    </Section>
  );
}
