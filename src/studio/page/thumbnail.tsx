import { useLayoutEffect, useRef } from "preact/hooks";
import type { PictureSize } from "../../browser.ts";
import { paintPicture } from "./picture.ts";

interface ThumbnailProps {
  /** Levels [channels, rows, cols]. */
  readonly picture: Uint8Array;
  readonly size: PictureSize;
  readonly levels: number;
  readonly label: string;
}

/** One small picture. */
export function Thumbnail({ picture, size, levels, label }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => paintPicture(canvas.current!, picture, size, { levels }), [picture, size, levels]);
  return <canvas ref={canvas} role="img" aria-label={label} />;
}

/** Picture number `index` of several. */
export const pictureAt = (
  pictures: Uint8Array,
  { channels, rows, cols }: PictureSize,
  index: number,
): Uint8Array => {
  const length = channels * rows * cols;
  return pictures.subarray(index * length, (index + 1) * length);
};
