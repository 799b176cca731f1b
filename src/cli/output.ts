import { stderr, stdout } from "node:process";

/** One line on stderr: what people read while they wait. Results go to stdout. */
export const note = (line: string): void => void stderr.write(`${line}\n`);

/** The result: one JSON object if asked for, else text. */
export function result(json: object, text: string, asJson: boolean | undefined): void {
  stdout.write(`${asJson ? JSON.stringify(json) : text}\n`);
}

/** A line that is written over and over in a terminal; elsewhere nothing, since nobody could read it. */
export class StatusLine {
  readonly #isTerminal = stderr.isTTY === true;
  #lastShown = 0;

  show(line: string): void {
    if (!this.#isTerminal || performance.now() - this.#lastShown < 100) return;
    this.#lastShown = performance.now();
    stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  }

  clear(): void {
    if (this.#isTerminal) stderr.write("\r\x1b[2K");
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
