/** The group of a channel, if `channels` of them are in groups that follow one another, as equal in size as can be. */
export const groupOf = (channel: number, channels: number, groups: number): number =>
  Math.floor((channel * groups) / channels);
