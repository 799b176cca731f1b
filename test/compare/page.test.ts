import * as fc from "fast-check";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparisonPage } from "../../src/compare/page.ts";
import { placed, textWidth } from "../../src/compare/page/charts/labels.ts";
import { linearScale, logScale, type Scale } from "../../src/compare/page/charts/scale.ts";
import { markup } from "../../src/compare/page/markup.ts";
import { decimal } from "../../src/compare/page/numbers.ts";
import type { ComparedFigure, ComparedRow, ComparedValue, Report } from "../../src/compare/report.ts";
import { launchChromium } from "../browser/chromium.ts";
import { serve, type PageServer } from "../browser/serve.ts";
import { exampleReport } from "./example-report.ts";

const example = await exampleReport();
/** With less of what only takes time. */
const small: Report = {
  ...example,
  rows: example.rows.map((row) => ({
    ...row,
    grid: row.nearest[0]!.sample,
    nearest: row.nearest.slice(0, 1),
    distances: row.distances.slice(0, 9),
  })),
};
const runsOf = ({ rows }: Report) => rows.filter(({ kind }) => kind === "run");

/** The report with other rows; those of which nothing is left are left out. */
const withRows = (report: Report, change: (row: ComparedRow) => ComparedRow | undefined): Report => ({
  ...report,
  rows: report.rows.flatMap((row) => change(row) ?? []),
});

/** One figure of the likelihood, and its values of runs and of one control. */
function ofFigure(figure: Partial<ComparedFigure>, runs: readonly ComparedValue[], control?: ComparedValue) {
  const rows = runs.map((value, i) => ({ ...small.rows[i]!, values: { it: value } }));
  return comparisonPage({
    ...example,
    figures: [{ ...example.figures[0]!, name: "it", ...figure }],
    rows: control ? [...rows, { ...example.rows.at(-1)!, values: { it: control } }] : rows,
  });
}

/** The cells of the first table, row by row, as their text. */
const cells = (page: string) =>
  [...page.matchAll(/<td([^>]*)>(.*?)<\/td>/g)]
    .filter(([, , inside]) => inside !== "")
    .map(([, attributes, inside]) => ({
      text: inside!.replaceAll(/<[^>]*>/g, ""),
      isBest: attributes!.includes("best"),
    }));
const textOf = (page: string) =>
  page.replaceAll(/<style>.*?<\/style>|<[^>]*>/gs, " ").replaceAll(/\s+/g, " ");

/** The report with `text` wherever a text can be. */
const withText = (text: string): Report => ({
  ...small,
  nextpixel: text,
  made: text,
  machine: text,
  data: { ...example.data, name: text, classes: example.data.classes!.map((_, i) => text + i) },
  classifier: { ...example.classifier, sha256: text },
  figures: example.figures.map((figure) => ({
    ...figure,
    label: text,
    unit: figure.unit === "ms" ? "ms" : text,
    definition: text,
    source: text,
  })),
  rows: small.rows.map((row, i) => ({
    ...row,
    name: text + i,
    ...(row.kind === "run" ? { model: text, family: `${text}!` } : {}),
    grid: i === 0 ? text : row.grid,
    values: Object.fromEntries(
      Object.entries(row.values).map(([name, value]) => [
        name,
        "missing" in value ? { missing: text } : value,
      ]),
    ),
  })),
  seeds: example.seeds.map((seed) => ({
    ...seed,
    run: text + example.rows.findIndex(({ name }) => name === seed.run),
    figure: seed.figure && { ...seed.figure, label: text },
  })),
  notes: [text],
});

const HOSTILE = `</title></style><script>throw 1</script><img src=x onerror="throw 2">"' onload='throw 3' &lt;${"\0"}`;

describe("the page", () => {
  const page = comparisonPage(example);

  test("shows every run, section and number of the report", () => {
    const text = textOf(page);
    for (const { name, parameters } of runsOf(example)) {
      expect(text).toContain(name);
      expect(text).toContain(`${parameters!.toLocaleString("en-US")} parameters`);
    }
    for (const { label, definition, source } of example.figures) {
      expect(page).toContain(`<dt>${label}</dt>`);
      expect(text).toContain(definition.replaceAll("'", "&#39;"));
      expect(text).toContain(source.replace("&", "&amp;"));
    }
    for (const heading of ["Likelihood", "Diversity", "Memorisation", "Stability", "Cost"]) {
      expect(page).toMatch(new RegExp(`<h2 [^>]*>${heading}</h2>`));
    }
    expect(text).toContain("25 November 2026, 16:44 UTC by nextpixel 0.1.0");
    expect(text).toContain("98.22 % of held-out pictures classified correctly");
    expect(text).toContain(example.classifier.sha256);
    expect(text).toContain("45 min of training");
  });

  test("loads nothing: pictures are data URLs, links stay on the page, and its policy forbids the rest", () => {
    const references = [...page.matchAll(/ (?:src|href|srcset|data)="([^"]*)"/g)].map(([, to]) => to!);
    expect(references.length).toBeGreaterThan(example.rows.length);
    expect(references.filter((to) => !/^(data:image\/png;base64,|data:,$|#)/.test(to))).toEqual([]);
    expect(page).toContain("default-src 'none'; img-src data:");
    expect(page).not.toMatch(/<script|@import|url\(/);
  });

  test("has titles and descriptions for those who do not see it, and links that lead somewhere", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = [...page.matchAll(/(?:aria-labelledby="|href="#)([^"]*)"/g)].flatMap(([, to]) =>
      to!.split(" "),
    );
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    expect(page.match(/<svg viewBox="0 0 360 \d+" role="img"/g)).toHaveLength(9);
    expect(page.match(/<desc /g)).toHaveLength(9);
    expect(page.match(/<desc [^>]*><\/desc>/)).toBeNull();
    expect(page.match(/<table>\n<caption>/g)).toHaveLength(5);
    expect(page).not.toMatch(/<th>|<img (?![^>]* alt="[^"])/);
  });

  test("with any text has the elements of the page and no others", () => {
    const elements = (page: string) => new Set(page.match(/<[^\s>]*/g));
    const own = elements(page);
    const texts = fc.oneof(
      fc.constant(HOSTILE),
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."<>&\"'`=/!-[]\n\u202E\uD800a "), maxLength: 60 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const hostile = comparisonPage(withText(text));
        expect([...elements(hostile)].filter((element) => !own.has(element))).toEqual([]);
        expect(hostile.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, "").includes("&")).toBe(false);
        expect(Buffer.from(hostile).toString() === hostile, "no halves of characters").toBe(true);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  test("with any values has no coordinate that is not a number", () => {
    const number = fc.oneof(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: -1e15, max: 1e15, noNaN: true }),
      fc.constantFrom(0, 1e-12, 5e-324, 50),
    );
    const value: fc.Arbitrary<ComparedValue | undefined> = fc.oneof(
      fc.record({ value: number }),
      fc.record({
        value: number,
        spread: fc.double({ min: 0, max: 100, noNaN: true }),
        kind: fc.constant("bound" as const),
      }),
      fc.record({ missing: fc.string() }),
      fc.constant(undefined),
    );
    const names = example.figures.map(({ name }) => name);
    const row = fc.record({
      values: fc
        .tuple(...names.map(() => value))
        .map((values) =>
          Object.fromEntries(names.flatMap((name, i) => (values[i] ? [[name, values[i]]] : []))),
        ),
      distances: fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 })
        .map((distances) => distances.sort((a, b) => a - b)),
      classes: fc.oneof(fc.constant(null), fc.array(fc.nat(9), { minLength: 10, maxLength: 10 })),
    });
    const seed = fc.record({
      run: fc.constantFrom(...runsOf(example).map(({ name }) => name)),
      seed: fc.nat(),
      outcome: fc.constantFrom("finished" as const, "diverged" as const, "collapsed" as const),
      figure: fc.oneof(fc.constant(null), fc.record({ label: fc.constant("nats"), value: number })),
    });
    const count = example.rows.length;
    const reports = fc.record({
      rows: fc
        .array(row, { minLength: count, maxLength: count })
        .map((rows) => rows.map((row, i) => ({ ...small.rows[i]!, ...row }))),
      seeds: fc.array(seed, { maxLength: 8 }),
    });
    fc.assert(
      fc.property(reports, (changed) => {
        const wrong = /.{0,80}(?:NaN|undefined|Infinity|not a number)/.exec(
          comparisonPage({ ...example, ...changed }),
        );
        expect(wrong).toBeNull();
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  test("of one run marks none as the best, and has its charts", () => {
    const [run] = runsOf(example);
    const alone = comparisonPage(
      withRows(example, (row) => (row === run || row.kind === "control" ? row : undefined)),
    );
    expect(cells(alone).filter(({ isBest }) => isBest)).toEqual([]);
    expect(alone.match(/Classes drawn by/g)).toHaveLength(2);
    expect(textOf(alone)).toContain("One model of digits compared");
  });

  test("without controls has no place for them", () => {
    const page = comparisonPage(withRows(example, (row) => (row.kind === "run" ? row : undefined)));
    expect(page).not.toContain("Controls");
    expect(page).not.toContain("Lines: the data");
  });

  test("without labels says so, and draws no classes", () => {
    const unlabelled = withRows(
      {
        ...example,
        data: { ...example.data, classes: null },
        classifier: { ...example.classifier, accuracy: null },
      },
      (row) => ({ ...row, classes: null }),
    );
    const text = textOf(comparisonPage(unlabelled));
    expect(text).toContain("no labels");
    expect(text).toContain("untrained");
    expect(text).not.toContain("Classes drawn by");
  });

  test("of many classes shows how often they were drawn, without their names", () => {
    const count = 1000;
    const many = withRows(
      {
        ...example,
        data: { ...example.data, classes: Array.from({ length: count }, (_, i) => `mode ${i}`) },
      },
      (row) => ({ ...row, classes: Array.from({ length: count }, (_, i) => (i < 990 ? 1 + (i % 5) : 0)) }),
    );
    const page = comparisonPage(many);
    expect(page).toContain("10 of 1,000 classes were not drawn");
    expect(page).toContain("1,000 classes, most frequent first");
    expect(page).not.toContain("mode 7");
  });

  test("without seeds, figures of the cost or pairs has no section for them", () => {
    const page = comparisonPage(
      withRows(
        {
          ...example,
          seeds: [],
          figures: example.figures.filter(({ section }) => section !== "cost" && section !== "stability"),
        },
        (row) => ({ ...row, nearest: [], distances: [] }),
      ),
    );
    expect(page).not.toMatch(/Stability|by seed|id="cost"|#cost|nearest to a training|Distance to/);
    expect(page).toContain('id="memorisation"');
  });

  test("tells which seeds failed", () => {
    expect(page).toContain("3 finished, 1 collapsed (seed 4), 1 diverged (seed 5)");
    expect(page).toContain("5 seeds, all finished");
    const chart = page.slice(page.indexOf("Coverage by seed"), page.indexOf('id="cost"'));
    expect(chart.match(/class="cross/g)).toHaveLength(1);
    expect(chart.match(/class="hollow/g)).toHaveLength(1);
    expect(chart.match(/class="mark/g)).toHaveLength(4);
  });
});

describe("a table", () => {
  test("never shows a bound as if it were exact", () => {
    const bound = { value: 84.31, kind: "bound", spread: 0.26 } as const;
    const exact = { value: 81.2, kind: "exact" } as const;
    const nats = ofFigure({ decimals: 1 }, [bound, exact]);
    expect(cells(nats).map(({ text }) => text)).toEqual(["≤ 84.3 ± 0.3", "81.2 (best)"]);
    expect(textOf(nats)).toContain(
      "≤: an upper bound; the true value may be less. Values without a sign are exact.",
    );
    const logLikelihood = ofFigure({ decimals: 1, better: "higher" }, [{ ...bound, value: -84.31 }, exact]);
    expect(cells(logLikelihood)[0]!.text).toBe("≥ −84.3 ± 0.3");
    expect(textOf(logLikelihood)).toContain("≥: a lower bound; the true value may be more.");
    expect(textOf(ofFigure({}, [exact, exact]))).not.toContain("bound;");
  });

  test("says why a value is missing, once for each reason", () => {
    const page = ofFigure({}, [
      { missing: "a GAN has none" },
      { missing: "too few" },
      { missing: "a GAN has none" },
    ]);
    expect(cells(page).map(({ text }) => text)).toEqual(["—a", "—b", "—a"]);
    expect(page.match(/a GAN has none/g)).toHaveLength(1);
    expect(page).toContain("<li><sup>b</sup> too few</li>");
  });

  const of = (...values: number[]) => values.map((value) => ({ value }));
  test.each([
    ["the lowest", { better: "lower" }, of(3, 1, 2), [1]],
    ["the highest", { better: "higher" }, of(3, 1, 2), [0]],
    ["the one nearest to the target", { better: "target", ideal: 50 }, of(30, 61, 40.5), [2]],
    ["all that are shown as the same", { better: "lower", decimals: 1 }, of(1.04, 1.01, 2), [0, 1]],
    ["none if all are alike", { better: "lower", decimals: 1 }, of(1.04, 1.01, 1), []],
    ["one of those that have a value", { better: "higher" }, [...of(1, 2), { missing: "lost" }], [1]],
  ] as const)("marks %s of the runs, never a control", (_, figure, runs, best) => {
    const control = { value: "ideal" in figure ? 50 : figure.better === "lower" ? -9 : 9 };
    const marked = cells(ofFigure(figure, runs, control)).flatMap(({ isBest }, i) => (isBest ? [i] : []));
    expect(marked).toEqual(best);
  });

  test("leaves out controls that have no value of its figures, and leaves a cell empty where one does not apply", () => {
    const page = ofFigure({}, of(1, 2), { missing: "a control has no likelihood" });
    expect(page).not.toContain("a control has no likelihood");
    expect(page).not.toContain('<tbody class="controls">');
    const figures = [example.figures[0]!, { ...example.figures[0]!, name: "other" }];
    const rows = [{ ...example.rows[0]!, values: { other: { value: 1 } } }];
    expect(cells(comparisonPage({ ...example, figures, rows }))[0]!.text).toBe("does not apply");
  });
});

test.each([
  [0, 2, "0.00"],
  [-0.001, 2, "0.00"],
  [-12345.678, 1, "−12,345.7"],
  [1e6, 0, "1,000,000"],
  [-Infinity, 2, "−∞"],
  [Number.NaN, 2, "not a number"],
])("%d with %d decimals is %s", (value, decimals, text) => {
  expect(decimal(value, decimals)).toBe(text);
});

test("markup escapes all that is not markup, and rounds coordinates but not whole numbers", () => {
  const inner = markup`<b>${"<&>"}</b>`;
  expect(markup`<p title="${`"'`}">${[inner, "\u0007"]}${1 / 3} ${2 ** 53 - 1}</p>`.markup).toBe(
    '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>\uFFFD0.33 9007199254740991</p>',
  );
});

describe("an axis", () => {
  const isOrdered = ({ ticks, at, from, to }: Scale) => {
    const places = ticks.map(({ value }) => at(value));
    expect(places.every((place, i) => i === 0 || place > places[i - 1]!)).toBe(true);
    expect(places[0]).toBeCloseTo(from);
    expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
    return places.at(-1)! - to;
  };
  const values = (min: number) => fc.array(fc.double({ min, max: 1e6, noNaN: true }), { minLength: 1 });

  test("has few ticks, and all values between its ends", () => {
    fc.assert(
      fc.property(values(-1e6), (values) => {
        const scale = linearScale(values, [40, 340]);
        expect(isOrdered(scale)).toBeCloseTo(0);
        expect(scale.ticks.length).toBeLessThan(9);
        for (const value of values) expect(Math.abs(scale.at(value) - 190)).toBeLessThan(150.01);
      }),
      { seed: 1 },
    );
  });

  test("that is logarithmic has decades as ticks", () => {
    fc.assert(
      fc.property(values(1e-6), (values) => {
        const scale = logScale(values, [40, 340]);
        isOrdered(scale);
        expect(scale.ticks.length).toBeLessThan(9);
        for (const value of values) expect(Math.abs(scale.at(value) - 190)).toBeLessThan(150.01);
      }),
      { seed: 1 },
    );
    expect(logScale([0.02, 48], [0, 100]).ticks.map(({ label }) => label)).toEqual([
      "0.01",
      "0.1",
      "1",
      "10",
      "100",
    ]);
  });
});

test("labels are placed where they cover nothing, if there is such a place", () => {
  const box = (x: number) => ({ x, y: 0, width: textWidth("name"), height: 10, anchor: "start" as const });
  const area = { x: 0, y: 0, width: 200, height: 10 };
  const at = (shown: number[], ...labels: number[][]) =>
    placed(
      labels.map((places) => places.map(box)),
      shown.map((x) => ({ x, y: 5 })),
      area,
    ).map(({ x }) => x);
  expect(at([], [0, 50], [0, 50])).toEqual([0, 50]);
  expect(at([5], [0, 50], [50, 100])).toEqual([50, 100]);
  expect(at([], [190, 20])).toEqual([20]);
  // Rather over what is shown than over another label.
  expect(at([60], [0], [0, 50])).toEqual([0, 50]);
});

describe("in Chromium", () => {
  let server: PageServer;
  let browser: Browser | undefined;
  const names = [`${HOSTILE} \u202Eturned`, "שלום_".repeat(20), "W".repeat(120)];
  const long = withText(HOSTILE.repeat(2));
  const hostile = {
    ...long,
    rows: example.rows.map((row, i) => ({
      ...long.rows[i]!,
      grid: row.grid,
      name: `${names[i % names.length]!}${i}`,
    })),
  };
  beforeAll(async () => {
    server = await serve({
      "/example.html": comparisonPage(example),
      "/hostile.html": comparisonPage(hostile),
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  test.each(["example", "hostile"])("the page of the %s report asks for nothing and fits", async (name) => {
    const page = await browser!.newPage();
    const requests: string[] = [];
    const failures: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith("data:")) requests.push(request.url());
    });
    page.on("pageerror", (error) => failures.push(error.message));
    page.on("console", (message) => failures.push(message.text()));
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const address = `${server.origin}/${name}.html`;
      await page.goto(address);
      expect(requests.splice(0)).toEqual([address]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(await page.evaluate("document.scripts.length")).toBe(0);
      const broken = `[...document.images].filter((image) => image.naturalWidth === 0).length`;
      expect(await page.evaluate(broken)).toBe(0);
      // No text of a chart leaves the page.
      const outside = `[...document.querySelectorAll("svg text")].filter((text) => {
        const { left, right } = text.getBoundingClientRect();
        return left < 0 || right > ${width};
      }).map((text) => text.textContent)`;
      expect(await page.evaluate(outside)).toEqual([]);
    }
    await page.close();
    expect(failures).toEqual([]);
  });
});
