import { useLayoutEffect, useRef } from "preact/hooks";
import type { PictureSize } from "../../browser.ts";
import { pictureLength } from "../../data/dataset.ts";
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
export const pictureAt = (pictures: Uint8Array, size: PictureSize, index: number): Uint8Array =>
  pictures.subarray(index * pictureLength(size), (index + 1) * pictureLength(size));
