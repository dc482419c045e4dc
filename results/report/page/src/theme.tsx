// Light or dark: what the system says, until somebody chooses. Pictures drawn on canvas read their colours from here.

import {useEffect, useState} from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';
const LABEL: Record<Theme, string> = {auto: 'Auto', light: 'Light', dark: 'Dark'};
const listeners = new Set<() => void>();
const system = matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', () => listeners.forEach((listener) => listener()));

// A file opened from disk may have no storage.
function remembered(): Theme {
  try {
    const kept = localStorage.getItem('meshtwin-theme');
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}
function choose(theme: Theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('meshtwin-theme', theme);
  } catch {
    // it lasts as long as the page then
  }
  listeners.forEach((listener) => listener());
}
choose(remembered());

export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A number that changes when colours do.
export function useColours(): number {
  const [turn, set] = useState(0);
  useEffect(() => {
    const listener = () => set((n) => n + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return turn;
}

export function ThemeSwitch() {
  const [theme, set] = useState<Theme>(remembered);
  return (
    <fieldset class="segments" aria-label="Colour theme">
      {(['auto', 'light', 'dark'] as Theme[]).map((one) => (
        <label key={one}>
          <input type="radio" name="theme" value={one} checked={theme === one}
                 onChange={() => (set(one), choose(one))} />
          <span>{LABEL[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
