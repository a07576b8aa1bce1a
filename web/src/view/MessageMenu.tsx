import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { App, MenuSpec } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { t } from "../text/strings.ts";
import { Icon, type IconName } from "./Icon.tsx";

interface Item {
  id: string;
  icon: IconName;
  label: string;
  danger?: boolean;
  act: () => void;
}

/** What can be done with a message: reached by its button, the context menu, or Enter on the message. */
export function MessageMenu({ app, model, spec }: { app: App; model: ConversationModel; spec: MenuSpec }) {
  const menu = useRef<HTMLDivElement>(null);
  const { message } = spec;
  const role = model.state.value.you?.role ?? "guest";
  const group = model.state.value.kind === "group";

  const items: Item[] = [];
  if (allows(role, "write")) items.push({ id: "reply", icon: "reply", label: t.reply, act: () => model.startReply(message) });
  if (message.text !== null) {
    items.push({
      id: "copy",
      icon: "copy",
      label: t.copyText,
      act: () => {
        navigator.clipboard?.writeText(message.text ?? "").then(
          () => app.say(t.copied),
          () => app.say(t.failedPlain),
        );
      },
    });
  }
  if (message.mine && message.text !== null) items.push({ id: "edit", icon: "edit", label: t.edit, act: () => model.startEdit(message) });
  if (message.version > 1) items.push({ id: "versions", icon: "history", label: t.versions, act: () => (app.dialog.value = { kind: "versions", message }) });
  if (message.mine && group) items.push({ id: "readers", icon: "eye", label: t.readers, act: () => (app.dialog.value = { kind: "readers", message }) });
  if (message.mine || allows(role, "deleteOthers")) {
    items.push({ id: "delete", icon: "trash", label: t.remove, danger: true, act: () => (app.dialog.value = { kind: "delete", message }) });
  }

  const close = (refocus: boolean): void => {
    app.menu.value = null;
    if (refocus) (spec.anchor.closest<HTMLElement>("[data-testid=message]") ?? spec.anchor).focus({ preventScroll: true });
  };

  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    const anchor = spec.anchor.getBoundingClientRect();
    const at = spec.point ?? { x: message.mine ? anchor.right - width : anchor.left, y: anchor.bottom + 4 };
    const x = Math.max(8, Math.min(at.x, innerWidth - width - 8));
    const y = at.y + height > innerHeight - 8 ? Math.max(8, (spec.point ? at.y : anchor.top) - height - 4) : at.y;
    element.style.left = `${x}px`;
    element.style.top = `${y}px`;
    element.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, [spec]);

  useEffect(() => {
    const outside = (event: Event): void => {
      if (!menu.current?.contains(event.target as Node)) close(false);
    };
    addEventListener("pointerdown", outside, true);
    addEventListener("wheel", outside, true);
    addEventListener("resize", outside);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("wheel", outside, true);
      removeEventListener("resize", outside);
    };
  }, [spec]);

  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const all = [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close(true);
      return;
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  };

  return (
    <div ref={menu} class="menu" role="menu" aria-label={t.messageMenu} onKeyDown={onKey} data-testid="menu">
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={item.danger ? "menu-item danger" : "menu-item"}
          onClick={() => {
            close(true);
            item.act();
          }}
          data-testid={`menu-${item.id}`}
        >
          <Icon name={item.icon} />
          {item.label}
        </button>
      ))}
    </div>
  );
}
