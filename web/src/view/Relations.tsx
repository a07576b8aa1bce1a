import { type Signal, useSignal } from "@preact/signals";
import type { ReachAudience } from "@quipu/client/people";
import { useEffect, useId, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { FormError } from "./FormError.tsx";

/** What a press does that the server may refuse: one at a time, and the reason where it was. */
function useAsking() {
  const busy = useSignal(false);
  const failure = useSignal("");
  const ask = (asked: Promise<unknown>, then?: () => void): void => {
    busy.value = true;
    failure.value = "";
    asked
      .then(then, (error: unknown) => {
        failure.value = sentence(error);
      })
      .finally(() => {
        busy.value = false;
      });
  };
  return { busy, failure, ask };
}

/** In somebody's profile: to keep them as a contact, and to block them, which says first what it means while `asking`. */
export function PersonActions({ app, user, asking }: { app: App; user: string; asking: Signal<boolean> }) {
  const { busy, failure, ask } = useAsking();
  const first = useRef<HTMLButtonElement>(null);
  const { blocked = false, contact = false } = app.relations.of(user);
  const name = app.people.get(user).name;
  useEffect(() => {
    if (asking.value) first.current?.focus();
  }, [asking.value]);
  if (asking.value && !blocked) {
    return (
      <section class="relation" role="group" aria-label={t.relations.blockQuestion(name)} data-testid="block-question">
        <h3>{t.relations.blockQuestion(name)}</h3>
        <ul class="relation-consequences">
          {t.relations.consequences.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        <div class="dialog-actions">
          <button type="button" class="button" ref={first} onClick={() => (asking.value = false)} data-testid="block-cancel">
            {t.cancel}
          </button>
          <button type="button" class="button button-danger" disabled={busy.value} onClick={() => ask(app.relations.setBlocked(user, true), () => (asking.value = false))} data-testid="block-confirm">
            {t.relations.block}
          </button>
        </div>
        <FormError text={failure.value} testid="relation-error" />
      </section>
    );
  }
  return (
    <section class="relation">
      {blocked && (
        <p class="quiet" role="status" data-testid="blocked-note">
          {t.relations.blocked}
        </p>
      )}
      <div class="relation-actions">
        <button type="button" class="button" aria-pressed={contact} disabled={busy.value} onClick={() => ask(app.relations.setContact(user, !contact))} data-testid="toggle-contact">
          {contact ? t.relations.removeContact : t.relations.addContact}
        </button>
        {blocked ? (
          <button type="button" class="button" disabled={busy.value} onClick={() => ask(app.relations.setBlocked(user, false))} data-testid="unblock">
            {t.relations.unblock}
          </button>
        ) : (
          <button type="button" class="button button-danger" onClick={() => (asking.value = true)} data-testid="block">
            {t.relations.block}
          </button>
        )}
      </div>
      <FormError text={failure.value} testid="relation-error" />
    </section>
  );
}

/** In the place of the composer, for somebody who blocks the other end. */
export function BlockedLine({ app, user, id }: { app: App; user: string; id: string }) {
  const { busy, failure, ask } = useAsking();
  return (
    <div id={id} tabIndex={-1} class="cannot-write" data-testid={id === "composer" ? "cannot-write" : "thread-cannot-write"}>
      <p role="status">{t.relations.blockedComposer(app.people.get(user).name)}</p>
      <button type="button" class="link-button" disabled={busy.value} onClick={() => ask(app.relations.setBlocked(user, false))} data-testid="composer-unblock">
        {t.relations.unblock}
      </button>
      <FormError text={failure.value} testid="relation-error" />
    </div>
  );
}

const AUDIENCES: ReachAudience[] = ["everyone", "shared", "contacts"];

/** In the settings: who may write to the person first, and whom they block. */
export function ReachSetting({ app }: { app: App }) {
  const id = useId();
  const audience = useSignal<ReachAudience | null>(null);
  const { failure, ask } = useAsking();
  const wait = (settings: Promise<{ audience: ReachAudience }>): void => ask(settings.then((now) => (audience.value = now.audience)));
  useEffect(() => wait(app.relations.reach()), [app]);
  return (
    <div class="field">
      <label for={id}>{t.relations.reach}</label>
      <select
        id={id}
        value={audience.value ?? ""}
        disabled={audience.value === null}
        aria-describedby={`${id}-hint`}
        onChange={(event) => wait(app.relations.setReach(event.currentTarget.value as ReachAudience))}
        data-testid="setting-reach"
      >
        {audience.value === null && <option value="">{t.loading}</option>}
        {AUDIENCES.map((choice) => (
          <option key={choice} value={choice}>
            {t.relations.audiences[choice]}
          </option>
        ))}
      </select>
      <span class="field-hint" id={`${id}-hint`}>
        {t.relations.reachHint}
      </span>
      <FormError text={failure.value} testid="relation-error" />
    </div>
  );
}

/** In the settings: those whom the person blocks, each with the way back. */
export function BlockedList({ app }: { app: App }) {
  const { busy, failure, ask } = useAsking();
  const { people, ready } = app.relations.known.value;
  const blocked = [...people.values()].filter((person) => person.blocked);
  return (
    <section aria-labelledby="blocked-people">
      <h3 id="blocked-people">{t.relations.list}</h3>
      {blocked.length === 0 && <p class="quiet">{ready ? t.relations.listEmpty : t.loading}</p>}
      <ul class="relation-list" data-testid="blocked-people">
        {blocked.map(({ user }) => {
          const { name, picture } = app.people.get(user);
          return (
            <li key={user}>
              <Avatar id={user} name={name} picture={picture} size="s" />
              <bdi class="clip">{name}</bdi>
              <button type="button" class="button" aria-label={t.relations.unblockOf(name)} disabled={busy.value} onClick={() => ask(app.relations.setBlocked(user, false))} data-testid="unblock">
                {t.relations.unblock}
              </button>
            </li>
          );
        })}
      </ul>
      <FormError text={failure.value} testid="relation-error" />
    </section>
  );
}
