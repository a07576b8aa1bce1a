import { useSignal, useSignalEffect } from "@preact/signals";
import { useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";
import { isNamed, namedRefs, PeopleField, toggleId, useNamed } from "./PeopleField.tsx";

/** Starts a conversation with one person or several. */
export function NewDialog({ app }: { app: App }) {
  const kind = useSignal<"direct" | "group" | "space">("direct");
  const named = useNamed();
  const name = useSignal("");
  const history = useSignal<"all" | "from_join">("all");
  const failure = useSignal("");
  const busy = useSignal(false);
  // What was said of the form as it stood no longer holds once it changes.
  useSignalEffect(() => {
    void [named.picks.value, named.text.value, kind.value];
    failure.value = "";
  });
  const nameId = useId();
  const close = (): void => {
    app.dialog.value = null;
  };

  const group = kind.value !== "direct";
  const start = async (): Promise<void> => {
    // A space may begin with nobody else: people come by a link.
    const alone = kind.value === "space" && named.picks.value.length === 0 && named.text.value.trim() === "";
    const { refs: members, failure: why } = alone ? { refs: [], failure: "" } : namedRefs(app, named, group);
    const trimmed = name.value.trim();
    failure.value = kind.value === "space" && trimmed === "" ? t.spaces.needName : why;
    if (failure.value !== "" || busy.value) return;
    busy.value = true;
    try {
      const { client } = app.session;
      const conversation =
        kind.value === "direct"
          ? await client.direct(members[0] ?? "")
          : await client.createConversation({ kind: kind.value, members, ...(kind.value === "group" && { history: history.value }), ...(trimmed === "" ? {} : { name: trimmed }) });
      close();
      app.query.value = "";
      app.show(conversation.id);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };

  const offered = app.session.people.filter((person) => person.subject !== app.session.subject);
  return (
    <Dialog title={t.newConversation} onClose={close} testid="new-dialog">
      <button type="button" class="button browse-channels" onClick={() => (app.dialog.value = { kind: "channels" })} data-testid="browse-channels">
        <Icon name="search" />
        {t.channels.browse}
      </button>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <fieldset class="segments">
          <legend class="sr">{t.kindLegend}</legend>
          {(["direct", "group", "space"] as const).map((value) => (
            <label key={value}>
              <input type="radio" name="kind" value={value} checked={kind.value === value} onChange={() => (kind.value = value)} data-testid={`kind-${value}`} />
              <span>{value === "direct" ? t.newDirect : value === "group" ? t.newGroup : t.spaces.one}</span>
            </label>
          ))}
        </fieldset>
        <PeopleField app={app} named={named} several={group} label autofocus testid="new-people" />
        {offered.length > 0 && (
          <div class="suggestions" role="group" aria-label={t.suggestions}>
            {offered.map((person) => (
              <button
                key={person.subject}
                type="button"
                class="chip"
                aria-pressed={isNamed(app, named, group, person.subject)}
                onClick={() => toggleId(app, named, group, person)}
                data-testid="suggestion"
                data-subject={person.subject}
              >
                <bdi>{person.name}</bdi>
              </button>
            ))}
          </div>
        )}
        {group && (
          <>
            <div class="field">
              <label for={nameId}>{kind.value === "space" ? t.name : t.groupName}</label>
              <input id={nameId} type="text" dir="auto" autocomplete="off" maxLength={120} placeholder={kind.value === "space" ? t.spaces.nameHint : t.groupNameHint} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} data-testid="new-name" />
            </div>
            {kind.value === "group" && (
            <fieldset class="radios">
              <legend>{t.historyLegend}</legend>
              {(["all", "from_join"] as const).map((value) => (
                <label key={value}>
                  <input type="radio" name="history" value={value} checked={history.value === value} onChange={() => (history.value = value)} data-testid={`history-${value}`} />
                  {value === "all" ? t.historyAll : t.historyFromJoin}
                </label>
              ))}
            </fieldset>
            )}
          </>
        )}
        <FormError text={failure.value} testid="form-error" />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            {t.cancel}
          </button>
          <button type="submit" class="button button-primary" aria-disabled={busy.value} data-testid="start">
            {t.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
