/** The style sheet of the page. Colours of runs are told apart with any kind of colour blindness (Okabe & Ito 2008). */
export const STYLE = `
:root {
  color-scheme: light;
  --page: #fff; --ink: #1b1f24; --faint: #59626d; --rule: #d9dee4; --soft: #f3f5f7; --best: #dff0e6;
  --run-0: #0072b2; --run-1: #d55e00; --run-2: #00805c; --run-3: #a8437f; --run-4: #7a6400; --control: #59626d;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #15181c; --ink: #e8ebee; --faint: #a3acb6; --rule: #363d45; --soft: #1e2328; --best: #1d4432;
    --run-0: #56b4e9; --run-1: #f0843c; --run-2: #2fc79a; --run-3: #e58fbe; --run-4: #e0c341; --control: #a3acb6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 72rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .25rem; }
h3 { font-size: 1rem; margin: 2rem 0 .25rem; }
h4 { font-size: .875rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
section[id] { margin-top: 3rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
.pairs-about { font-size: .875rem; }
section > p, .note, figcaption, .pairs, .reasons, .definitions, .facts { color: var(--faint); }
figure { margin: 0; }
figcaption strong, h4, dt { color: var(--ink); font-weight: 600; }
a { color: inherit; }
code { font: .8125rem/1.5 ui-monospace, monospace; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inline-mark { width: .9em; height: .9em; margin-right: .4em; vertical-align: -.08em; }

.compared { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; font-weight: 600; max-width: none; }
.facts { display: grid; gap: .25rem; margin: 0 0 1.5rem; font-size: .875rem; }
.facts > div { display: grid; grid-template-columns: 6rem 1fr; }
dd { margin: 0; }
.notes { background: var(--soft); border-radius: .375rem; padding: .75rem 1rem; margin: 0 0 1.5rem; font-size: .875rem; }
.notes h2 { font-size: .875rem; margin: 0; }
.notes ul { margin: 0; padding-left: 1.25rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; }

.grids { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 1.5rem; margin-top: 1rem; }
.grids figure { max-width: 26rem; }
.grids.controls { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; }
img { image-rendering: pixelated; }
.grids img { display: block; width: 100%; }
.grids figcaption { margin-top: .5rem; font-size: .875rem; line-height: 1.45; }
.grids strong, .grids figcaption span { display: block; }

.scroll {
  position: relative; overflow-x: auto; margin: 0 0 .5rem;
  background:
    linear-gradient(to left, var(--page) 1rem, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--rule), transparent) right / .625rem 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: .8125rem; line-height: 1.35; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .4rem .5rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
td { font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { vertical-align: bottom; font-weight: 600; overflow-wrap: normal; border-bottom: 1px solid var(--ink); }
thead td { border-bottom: 1px solid var(--ink); }
.unit { display: block; font-weight: 400; color: var(--faint); white-space: nowrap; }
tbody th {
  text-align: left; font-weight: 600; min-width: min(10.5rem, 36vw); max-width: min(15rem, 45vw); position: sticky; left: 0; z-index: 1;
  background: var(--page); padding-left: 1.3em; text-indent: -1.3em; overflow-wrap: break-word;
}
tbody.controls th, tbody.controls td { font-weight: 400; color: var(--faint); }
tbody.controls th[scope=rowgroup] { padding-top: 1.25rem; max-width: none; position: static; background: none; }
th[scope=rowgroup] { padding-left: 0; text-indent: 0; }
th[scope=rowgroup] span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 2rem); }
td .spread { display: block; color: var(--faint); font-size: .9em; }
.best { background: var(--best); }
.missing { color: var(--faint); }
sup { font-size: .75em; line-height: 0; margin-left: .1em; }
.reasons { list-style: none; margin: 0 0 1rem; padding: 0; font-size: .8125rem; }
.note { font-size: .8125rem; max-width: none; }
.definitions { margin: 1rem 0 0; font-size: .8125rem; display: grid; gap: .2rem; }
.definitions dt, .definitions dd { display: inline; }
.definitions dt { margin-right: .5em; }
cite { font-style: normal; display: inline-block; }

.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 2.5rem 2rem; margin-top: 2rem; }
.chart { max-width: 28rem; }
.chart figcaption { font-size: .8125rem; line-height: 1.4; margin-bottom: .75rem; }
.chart figcaption strong { display: block; font-size: .9375rem; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; font: 11px system-ui, sans-serif; }
text { fill: var(--ink); font-variant-numeric: tabular-nums; }
.tick { fill: var(--faint); font-size: 10.5px; }
.axis { fill: var(--faint); font-size: 10.5px; }
text.run { font-weight: 600; }
text.control, .text-control, .name.tick { fill: var(--faint); }
.name { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.grid, .track { stroke: var(--rule); fill: none; }
.mark { fill: var(--run); stroke: var(--page); stroke-width: 1px; }
.mark.control, .hollow .mark { fill: var(--page); stroke: var(--run); stroke-width: 1.75px; }
.cross, .curve, path.spread { stroke: var(--run); fill: none; }
.cross { stroke-width: 2.25px; }
.curve { stroke-width: 2px; stroke-linejoin: round; }
.curve.control { stroke-width: 1.5px; }
.dash-1 { stroke-dasharray: 6 3; }
.dash-2 { stroke-dasharray: 2 2.5; }
.dash-3 { stroke-dasharray: 8 3 2 3; }
path.spread { stroke-width: 1.5px; opacity: .6; }
.leader { stroke: var(--faint); stroke-width: .75px; fill: none; }
.bar { fill: var(--run); }
.data { stroke: var(--ink); stroke-width: 2px; fill: none; }
.run-0 { --run: var(--run-0); } .run-1 { --run: var(--run-1); } .run-2 { --run: var(--run-2); }
.run-3 { --run: var(--run-3); } .run-4 { --run: var(--run-4); } .control { --run: var(--control); }
.text-run-0 { fill: var(--run-0); } .text-run-1 { fill: var(--run-1); } .text-run-2 { fill: var(--run-2); }
.text-run-3 { fill: var(--run-3); } .text-run-4 { fill: var(--run-4); }
text[class*=text-run] { font-weight: 600; }

.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 31rem), 1fr)); gap: 1.25rem 2rem; margin-bottom: 1.5rem; font-size: .75rem; font-variant-numeric: tabular-nums; }
.pairs ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .75rem; }
.pairs li { width: 3.25rem; text-align: center; }
.pairs img { display: block; width: 100%; margin-bottom: 2px; }

@media print {
  html { font-size: 75%; }
  body { max-width: none; padding: 0; }
  nav { display: none; }
  .scroll { overflow: visible; background: none; }
  table { font-size: 7pt; }
  th, td { padding: .2rem .25rem; }
  tbody th { position: static; min-width: 7rem; max-width: 12rem; }
  section[id] { margin-top: 1.5rem; padding-top: 1rem; }
  figure, table, .pairs > div, .definitions > div { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
