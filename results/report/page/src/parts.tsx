// Small parts that many sections are made of.

import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {WORLD_LABEL, type WorldName} from './data';

export function Section({id, title, note, children}: {id: string; title: string; note?: ComponentChildren; children: ComponentChildren}) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <header class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {note && <p class="note">{note}</p>}
      </header>
      {children}
    </section>
  );
}

// Colour, dash and word together: none of them alone says which world it is.
export function WorldMark({world}: {world: WorldName}) {
  return (
    <span class={`world ${world}`}>
      <svg width="18" height="8" aria-hidden="true"><line x1="1" y1="4" x2="17" y2="4" class={`line ${world}`} /></svg>
      {WORLD_LABEL[world]}
    </span>
  );
}

export function Verdict({pass}: {pass: boolean}) {
  return <span class={pass ? 'pass' : 'fail'}>{pass ? '✓' : '✗'}<span class="hidden">{pass ? ' met' : ' not met'}</span></span>;
}

// A picture's figures as a table, for whoever does not see it or wants the numbers.
export function AsTable({summary, children}: {summary: string; children: ComponentChildren}) {
  const [open, set] = useState(false);
  return (
    <details class="as-table" onToggle={(event) => set((event.target as HTMLDetailsElement).open)}>
      <summary>{summary}</summary>
      {open && <div class="scroll" tabIndex={0} role="region" aria-label={summary}>{children}</div>}
    </details>
  );
}

// The width that an element has been given.
export function useWidth<E extends HTMLElement>(): [preactRef: {current: E | null}, width: number] {
  const ref = useRef<E>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => set(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

export function Choice<T extends string>({label, value, options, onChange}:
    {label: string; value: T; options: [T, string][]; onChange: (value: T) => void}) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange((event.target as HTMLSelectElement).value as T)}>
        {options.map(([one, text]) => <option key={one} value={one}>{text}</option>)}
      </select>
    </label>
  );
}

export function Segments<T extends string>({label, value, options, onChange}:
    {label: string; value: T; options: [T, string][]; onChange: (value: T) => void}) {
  return (
    <fieldset class="segments" aria-label={label}>
      {options.map(([one, text]) => (
        <label key={one}>
          <input type="radio" name={label} value={one} checked={value === one} onChange={() => onChange(one)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
