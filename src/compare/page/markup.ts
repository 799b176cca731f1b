/** HTML or SVG that is ready to be written. */
export interface Markup {
  readonly markup: string;
}

/** What can stand within markup: text is escaped, numbers are written with at most two decimals. */
export type Content = Markup | string | number | readonly Content[];

/**
 * Markup from a template. Whatever stands in the template's places is escaped unless it is markup itself, so that names
 * from elsewhere cannot become elements or attributes. Attributes must be in double quotes.
 */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: strings.reduce((before, string, i) => before + written(contents[i - 1]!) + string) };
}

function written(content: Content): string {
  if (typeof content === "string") return escaped(content);
  if (typeof content === "number") return String(Number.isInteger(content) ? content : hundredths(content));
  return "markup" in content ? content.markup : content.map(written).join("");
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, which HTML has no way to write, and halves of characters become the replacement character. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\P{Cc}\t\n]|\p{Cs}/gu, "\u{FFFD}")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
