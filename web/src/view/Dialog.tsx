import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

/**
 * A modal dialog. The browser keeps the focus inside and closes it with Escape; the focus goes back to where it
 * was when it closes. It starts at the element marked `autofocus`, else at the close button.
 */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  testid: string;
  small?: boolean;
  /** It has its full height from the start: what loads in it late moves nothing that somebody is about to press. */
  steady?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={["dialog", props.small && "dialog-small", props.steady && "dialog-steady"].filter(Boolean).join(" ")}
      aria-labelledby={title}
      data-testid={props.testid}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onMouseDown={(event) => event.target === dialog.current && props.onClose()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={title}>{props.title}</h2>
          <button type="button" class="icon-button" aria-label={t.close} onClick={props.onClose} data-testid="dialog-close">
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
