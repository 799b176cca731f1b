/**
 * The group that a channel belongs to when `channels` channels are split into consecutive groups of (nearly) equal
 * size.
 */
export const groupOf = (channel: number, channels: number, groups: number): number =>
  Math.floor((channel * groups) / channels);
