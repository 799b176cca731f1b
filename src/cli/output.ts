import { stderr, stdout } from "node:process";
import { systemCode, writeError } from "../files/system-error.ts";

let isSilent = false;

/** From now on nothing is said: of several processes, another one speaks. */
export const beSilent = (): void => void (isSilent = true);

/** One line on stderr: what people read while they wait. Results go to stdout. */
export const note = (line: string): void => void (isSilent || stderr.write(`${line}\n`));

/** The result: one JSON object if asked for, else text. */
export function result(json: object, text: string, asJson: boolean | undefined): void {
  if (isSilent) return;
  stdout.write(`${asJson ? JSON.stringify(json) : text}\n`);
}

/** Makes output that nobody takes any more end the program quietly, and a full disk end it with one line. */
export function onBrokenOutput(): void {
  const isClosed = (error: Error) => systemCode(error) === "EPIPE";
  stdout.on("error", (error: Error) => {
    if (!isClosed(error)) note(`error: ${writeError("stdout", error).message}`);
    process.exit(1);
  });
  // Without stderr, training still has its run folder to fill.
  stderr.on("error", () => undefined);
}

/** Erases the terminal's line and goes to its start. */
const ERASE = "\r\x1b[2K";
/**
 * Text that the terminal cuts off at its edge. Only the terminal knows how wide characters are, and a line that is
 * continued on the next one cannot be erased.
 */
const cutOff = (text: string) => `\x1b[?7l${text}\x1b[?7h`;

/** A line that is written over and over in a terminal; elsewhere nothing, since nobody could read it. */
export class StatusLine {
  readonly #isTerminal = stderr.isTTY === true;
  #lastShown = 0;

  show(line: string): void {
    if (isSilent || !this.#isTerminal || performance.now() - this.#lastShown < 100) return;
    this.#lastShown = performance.now();
    stderr.write(ERASE + cutOff(line));
  }

  clear(): void {
    if (!isSilent && this.#isTerminal) stderr.write(ERASE);
  }
}

/** Seconds as people say them: 42 s, 3:05, 2:10:00. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
