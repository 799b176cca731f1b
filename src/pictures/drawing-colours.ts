// How a picture is shown that is being drawn, in animations and in the studio: red, green and blue.

/** The pixel that is drawn last. */
export const CURRENT = [230, 30, 30] as const;
/** What drawn pixels are tinted with, and its share in their colour. */
export const PAST = [50, 110, 240] as const;
export const TINT = 0.45;
