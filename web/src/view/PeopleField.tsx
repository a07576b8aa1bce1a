import { type Signal, useSignal } from "@preact/signals";
import { QuipuError } from "@quipu/client";
import type { FoundPerson } from "@quipu/client/directory";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { fold } from "../text/fold.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";

/** How long typing pauses before the directory is asked. */
const PAUSE = 200;

/** What a person writes for somebody: the team's own id, or an id of the server as it stands. */
export function userRef(id: string): string {
  return /^u[geuf][0-7][0-9a-hjkmnp-tv-z]{25}$/u.test(id) || id.startsWith("sub:") ? id : `sub:${id}`;
}

/** Somebody who was chosen. */
export interface Pick {
  /** As the server is told of them. */
  readonly ref: string;
  readonly name: string;
  readonly picture?: string | undefined;
}

/** What a field that names people holds. */
export interface Named {
  readonly picks: Signal<readonly Pick[]>;
  /** What is typed and not chosen yet. Where there is no directory it is ids. */
  readonly text: Signal<string>;
  clear(): void;
}

export function useNamed(): Named {
  const picks = useSignal<readonly Pick[]>([]);
  const text = useSignal("");
  const clear = (): void => {
    picks.value = [];
    text.value = "";
  };
  return { picks, text, clear };
}

/** Ids that are typed: commas and spaces part them only where there may be several, for they may hold anything. */
export function typedIds(text: string, several: boolean): string[] {
  const parts = several ? text.split(/[\s,;]+/u) : [text.trim()];
  return [...new Set(parts.filter((id) => id !== ""))];
}

/** Of several only the first counts where one is meant; the others are there again when several are. */
function held(picks: Signal<readonly Pick[]>, several: boolean): readonly Pick[] {
  return several ? picks.value : picks.value.slice(0, 1);
}

/** Whom the field names, for the server; or why that cannot be said. */
export function namedRefs(app: App, { picks, text }: Named, several: boolean): { refs: string[]; failure: string } {
  const typed = typedIds(text.value, several);
  if (app.directory.available && typed.length > 0) return { refs: [], failure: t.directory.choose };
  const refs = [...new Set([...held(picks, several).map(({ ref }) => ref), ...typed.map(userRef)])];
  return { refs, failure: refs.length === 0 ? t.needPerson : "" };
}

/** Somebody of whom the team's own id is known is chosen, or no longer. */
export function toggleId(app: App, { picks, text }: Named, several: boolean, person: { subject: string; name: string }): void {
  const ref = userRef(person.subject);
  if (app.directory.available) {
    const held = picks.value.some((pick) => pick.ref === ref);
    const others = several ? picks.value.filter((pick) => pick.ref !== ref) : [];
    picks.value = held ? others : [...others, { ref, name: person.name }];
    return;
  }
  const now = typedIds(text.value, several);
  if (!several) text.value = now[0] === person.subject ? "" : person.subject;
  else text.value = (now.includes(person.subject) ? now.filter((id) => id !== person.subject) : [...now, person.subject]).join(", ");
}

/** Whether the field names them. */
export function isNamed(app: App, { picks, text }: Named, several: boolean, subject: string): boolean {
  return app.directory.available ? picks.value.some(({ ref }) => ref === userRef(subject)) : typedIds(text.value, several).includes(subject);
}

/**
 * Names one person or several: found by name where there is a directory, else by their ids. Under the field stands who is found, and last what is typed,
 * to be taken for an id.
 */
export function PeopleField(props: { app: App; named: Named; several?: boolean; label?: boolean; autofocus?: boolean; exclude?: (user: string) => boolean; testid: string }) {
  const { app, several = false } = props;
  const { picks, text } = props.named;
  const { directory } = app;
  const found = useSignal<{ q: string; people: readonly FoundPerson[]; more: boolean } | null>(null);
  const failure = useSignal("");
  const active = useSignal(-1);
  const dismissed = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  useEffect(() => void directory.load().catch(() => undefined), [directory]);

  const on = directory.available;
  const q = text.value.trim();
  useEffect(() => {
    failure.value = "";
    dismissed.value = false;
    if (!on || q === "") {
      found.value = null;
      return;
    }
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { people, next } = await directory.find(q, asking.signal);
        if (!asking.signal.aborted) found.value = { q, people, more: next != null };
      } catch (error) {
        if (asking.signal.aborted) return;
        found.value = null;
        failure.value = error instanceof QuipuError && error.code === "directory_unavailable" ? t.directory.unavailable : sentence(error);
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [q, on]);

  // Until the answer is here, those of the last one stay who may be in it.
  const current = found.value?.q === q;
  const shown = (found.value?.people ?? []).filter(
    ({ user, name }) => (current || fold(name).includes(fold(q))) && !picks.value.some(({ ref }) => ref === user) && !(props.exclude?.(user) ?? false),
  );
  const chosen = held(picks, several);
  const open = on && q !== "" && !dismissed.value;
  const at = Math.min(active.value, shown.length);
  useEffect(() => {
    // What is typed is taken for an id only by choice.
    active.value = shown.length > 0 ? 0 : -1;
  }, [q, current, shown.length > 0]);
  // In a long dialog it opens below what is seen.
  useLayoutEffect(() => list.current?.scrollIntoView({ block: "nearest" }), [open, shown.length]);
  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const take = (pick: Pick): void => {
    picks.value = several ? [...picks.value.filter(({ ref }) => ref !== pick.ref), pick] : [pick];
    text.value = "";
    field.current?.focus();
  };
  const choose = (index: number): void => {
    const person = shown[index];
    if (person) {
      app.people.learnProfile(person);
      take({ ref: person.user, name: person.name, picture: safePicture(person.picture) });
    } else if (index === shown.length && q !== "") take({ ref: userRef(q), name: q });
  };
  const drop = (ref: string): void => {
    picks.value = picks.value.filter((pick) => pick.ref !== ref);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace" && text.value === "" && picks.value.length > 0) {
      picks.value = picks.value.slice(0, -1);
      event.preventDefault();
      return;
    }
    if (!on || q === "") return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const count = shown.length + 1;
      active.value = !open || at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count;
      dismissed.value = false;
    } else if (event.key === "Enter") {
      // The form is not for sending while somebody is being chosen.
      if (open) choose(at);
      else return;
    } else if (event.key === "Escape" && open) dismissed.value = true;
    else return;
    event.preventDefault();
  };
  const option = (index: number): string => `${id}-${index}`;

  return (
    <div class="people-field">
      {props.label && <label for={`${id}-field`}>{several ? t.peopleIds : t.personId}</label>}
      {chosen.length > 0 && (
        <ul class="picks" role="list" data-testid="picks">
          {chosen.map((pick) => (
            <li key={pick.ref} class="pick" data-testid="pick" data-ref={pick.ref}>
              <Avatar id={pick.ref} name={pick.name} picture={pick.picture} size="s" />
              <bdi class="clip">{pick.name}</bdi>
              <button type="button" class="pick-remove" aria-label={t.directory.remove(pick.name)} onClick={() => drop(pick.ref)} data-testid="pick-remove">
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={field}
        id={`${id}-field`}
        type="text"
        dir="auto"
        autofocus={props.autofocus}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        {...(!props.label && { "aria-label": t.personId, placeholder: t.personId })}
        aria-describedby={`${id}-hint`}
        {...(on && {
          // What the server takes, in bytes.
          maxLength: 80,
          role: "combobox" as const,
          "aria-autocomplete": "list" as const,
          "aria-expanded": open,
          ...(open && { "aria-controls": `${id}-list` }),
          ...(open && at >= 0 && { "aria-activedescendant": option(at) }),
        })}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
        data-testid={props.testid}
      />
      <p id={`${id}-hint`} class="field-hint">
        {on ? t.directory.hint : several ? t.peopleIdsHint : t.personIdHint}
      </p>
      {open && (
        <>
          <FormError text={failure.value} testid="people-error" />
          <ul
            ref={list}
            id={`${id}-list`}
            class="people-found"
            role="listbox"
            aria-label={t.directory.list}
            // The caret stays in the field, and the keyboard on the screen.
            onMouseDown={(event) => event.preventDefault()}
            data-testid="people-found"
            data-current={current}
          >
            {shown.map((person, index) => (
              <li key={person.user} id={option(index)} class="person-found" role="option" aria-selected={index === at} onPointerMove={() => (active.value = index)} onClick={() => choose(index)} data-testid="person-found" data-user={person.user}>
                <Avatar id={person.user} name={person.name} picture={safePicture(person.picture)} size="s" />
                <bdi class="clip">{person.name}</bdi>
              </li>
            ))}
            <li id={option(shown.length)} class="person-found as-id" role="option" aria-selected={at === shown.length} onPointerMove={() => (active.value = shown.length)} onClick={() => choose(shown.length)} data-testid="as-id">
              <span class="clip">{t.directory.asId(q)}</span>
            </li>
          </ul>
        </>
      )}
      <p class={open && current && (shown.length === 0 || found.value?.more) ? "field-hint" : "sr"} role="status" data-testid="people-status">
        {open && current && (shown.length === 0 ? t.directory.none : found.value?.more ? t.directory.more : t.directory.found(shown.length))}
      </p>
    </div>
  );
}
