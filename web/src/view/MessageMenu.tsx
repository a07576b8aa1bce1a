import type { App, MenuSpec } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { t } from "../text/strings.ts";
import { Menu, type MenuItem } from "./Menu.tsx";

/** What can be done with a message: reached by its button, the context menu, or Enter on the message. */
export function MessageMenu({ app, model, spec }: { app: App; model: ConversationModel; spec: MenuSpec }) {
  const { message } = spec;
  const role = model.state.value.you?.role ?? "guest";
  const group = model.state.value.kind === "group";

  const items: MenuItem[] = [];
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

  return <Menu label={t.messageMenu} place={spec} right={message.mine} items={items} close={close} />;
}
