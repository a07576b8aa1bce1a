import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { App } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

/** An address to hand on, and a button that copies it. `testid` begins the test ids of both. */
export function CopyAddress(props: { app: App; address: string; label: string; testid: string; field?: RefObject<HTMLInputElement | null> }) {
  const own = useRef<HTMLInputElement>(null);
  const field = props.field ?? own;
  const copy = (): void => {
    // Where the clipboard is closed to the page, the address can be selected by hand.
    const copied = navigator.clipboard?.writeText(props.address) ?? Promise.reject(new Error("no clipboard"));
    copied.then(
      () => props.app.say(t.invites.copied),
      () => field.current?.focus(),
    );
  };
  return (
    <div class="copy-address">
      <input ref={field} type="text" dir="ltr" readOnly aria-label={props.label} value={props.address} onFocus={(event) => event.currentTarget.select()} data-testid={`${props.testid}-address`} />
      <button type="button" class="button" onClick={copy} data-testid={`${props.testid}-copy`}>
        <Icon name="copy" />
        {t.invites.copy}
      </button>
    </div>
  );
}
