import type { Report } from "./report.ts";

/** A report as one HTML page. */
export const comparisonPage = (report: Report): string =>
  `<!doctype html><meta charset="utf-8"><title>nextpixel compare</title><pre>${JSON.stringify(report, null, 2)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")}</pre>\n`;
