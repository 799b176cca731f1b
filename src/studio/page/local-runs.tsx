import { useEffect, useRef } from "preact/hooks";
import { loadRuns, studioToken } from "./local.ts";
import type { MountedRuns } from "./runs/settings.ts";
import { address, change, reporting } from "./studio.ts";

let loading: ReturnType<typeof loadRuns> | undefined;

/** The view Runs of the local studio. */
export function LocalRuns() {
  const place = useRef<HTMLDivElement>(null);
  const mounted = useRef<MountedRuns | undefined>(undefined);
  const { run, beside, smoothing, logarithmic, zoom } = address.value;
  const settings = { run, beside, smoothing, logarithmic, zoom };
  useEffect(() => {
    let isOpen = true;
    const mount = async () => {
      const { mountRuns } = await (loading ??= loadRuns());
      if (isOpen) mounted.current = mountRuns(place.current!, { token: studioToken(), settings, change });
    };
    reporting(mount());
    return () => {
      isOpen = false;
      mounted.current?.unmount();
    };
  }, []);
  useEffect(() => mounted.current?.show(settings), Object.values(settings));
  return <div ref={place} />;
}
