import type { ComponentChildren } from "preact";
import { addressOf } from "./address.ts";
import { address, change } from "./studio.ts";

interface PageLinkProps {
  readonly to: Parameters<typeof change>[0];
  readonly isCurrent?: boolean;
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** A link to other settings, which opens without loading the page again. */
export function PageLink({ to, isCurrent = false, label, children }: PageLinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    change(to, { isNewPage: true });
  };
  return (
    <a
      href={addressOf({ ...address.value, ...to })}
      aria-current={isCurrent ? "page" : undefined}
      aria-label={label}
      onClick={follow}
    >
      {children}
    </a>
  );
}
