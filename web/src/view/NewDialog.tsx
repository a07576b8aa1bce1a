import { useSignal, useSignalEffect } from "@preact/signals";
import { useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** What a person writes for somebody: the team's own id, or an id of the server as it stands. */
export function userRef(id: string): string {
  return /^u[geuf][0-7][0-9a-hjkmnp-tv-z]{25}$/u.test(id) || id.startsWith("sub:") ? id : `sub:${id}`;
}

/** Starts a conversation with one person or several. */
export function NewDialog({ app }: { app: App }) {
  const kind = useSignal<"direct" | "group" | "space">("direct");
  const people = useSignal("");
  const name = useSignal("");
  const history = useSignal<"all" | "from_join">("all");
  const failure = useSignal("");
  const busy = useSignal(false);
  // What was said of the form as it stood no longer holds once it changes.
  useSignalEffect(() => {
    void [people.value, kind.value];
    failure.value = "";
  });
  const ids = { people: useId(), hint: useId(), name: useId() };
  const close = (): void => {
    app.dialog.value = null;
  };

  // Ids may hold anything; commas and spaces part them only where there are several.
  const named = (): string[] => {
    const parts = kind.value === "direct" ? [people.value.trim()] : people.value.split(/[\s,;]+/u);
    return [...new Set(parts.filter((id) => id !== ""))];
  };
  const toggle = (subject: string): void => {
    const now = named();
    if (kind.value === "direct") people.value = now[0] === subject ? "" : subject;
    else people.value = (now.includes(subject) ? now.filter((id) => id !== subject) : [...now, subject]).join(", ");
  };

  const start = async (): Promise<void> => {
    const chosen = named();
    // A space may begin with nobody else: people come by a link.
    const called = name.value.trim();
    failure.value = kind.value === "space" ? (called === "" ? t.spaces.needName : "") : chosen.length === 0 ? t.needPerson : "";
    if (failure.value !== "" || busy.value) return;
    busy.value = true;
    try {
      const members = chosen.map(userRef);
      const { client } = app.session;
      const conversation =
        kind.value === "direct"
          ? await client.direct(members[0] ?? "")
          : await client.createConversation({ kind: kind.value, members, ...(kind.value === "group" && { history: history.value }), ...(called === "" ? {} : { name: called }) });
      close();
      app.query.value = "";
      app.show(conversation.id);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };

  const group = kind.value !== "direct";
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
        <div class="field">
          <label for={ids.people}>{group ? t.peopleIds : t.personId}</label>
          <input
            id={ids.people}
            type="text"
            autofocus
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby={ids.hint}
            value={people.value}
            onInput={(event) => (people.value = event.currentTarget.value)}
            data-testid="new-people"
          />
          <p id={ids.hint} class="field-hint">
            {group ? t.peopleIdsHint : t.personIdHint}
          </p>
        </div>
        {offered.length > 0 && (
          <div class="suggestions" role="group" aria-label={t.suggestions}>
            {offered.map((person) => (
              <button
                key={person.subject}
                type="button"
                class="chip"
                aria-pressed={named().includes(person.subject)}
                onClick={() => toggle(person.subject)}
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
              <label for={ids.name}>{kind.value === "space" ? t.name : t.groupName}</label>
              <input id={ids.name} type="text" dir="auto" autocomplete="off" maxLength={120} placeholder={kind.value === "space" ? t.spaces.nameHint : t.groupNameHint} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} data-testid="new-name" />
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
        {failure.value !== "" && (
          <p class="form-error" role="alert" data-testid="form-error">
            {failure.value}
          </p>
        )}
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
