/** The page's style: light and dark, and what has the keyboard's focus is seen. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1a202c; --dim: #4a5568; --line: #cbd5e0;
  --leaving: #b7791f; --away: #2b6cb0; --stuck: #c53030; --home: #2f855a;
  --problem: #fff5f5; --link: #2b6cb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181f; --text: #e2e8f0; --dim: #a0aec0; --line: #3a4556;
    --leaving: #ecc94b; --away: #63b3ed; --stuck: #fc8181; --home: #68d391;
    --problem: #2d1a1d; --link: #90cdf4;
  }
}
body {
  background: var(--page); color: var(--text); margin: 0 auto; max-width: 62rem;
  padding: 1rem; font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid var(--away); outline-offset: 2px;
}
svg a:focus-visible { outline: none; }
svg a:focus-visible > * { stroke: var(--text); stroke-width: 2.5px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.dim { color: var(--dim); }
.problem {
  background: var(--problem); border-left: 5px solid var(--stuck);
  margin: 1rem 0; padding: 0.5rem 1rem; overflow-wrap: anywhere;
}
.problem h3 { margin: 0; font-size: 1rem; }
code { font-size: 0.9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td {
  border-bottom: 1px solid var(--line); padding: 0.2rem 0.7rem 0.2rem 0;
  text-align: left; white-space: nowrap;
}
td.number, th.number { text-align: right; }
tr:target { outline: 3px solid var(--away); }
svg { --plot-background: var(--page); max-width: 100%; height: auto; }
.key { list-style: none; padding: 0; display: flex; gap: 1.5rem; flex-wrap: wrap; }
.key span { display: inline-block; width: 0.9rem; height: 0.9rem; border-radius: 3px; }
`;
