import { useComputed } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { type Found, notUnderstood } from "../state/find.ts";
import type { ConversationModel } from "../state/model.ts";
import { foundTime } from "../text/dates.ts";
import { ANYTHING, excerpt, type Wanted } from "../text/find.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

const PANEL_ID = "find-panel";
/** So near the foot of the hits, in pixels, more are loaded. */
const NEAR_FOOT = 500;
/** Names that the fields for people offer; others are typed. */
const NAMES = 200;
/** Where the panel lies over the messages, as styles/find.css says: then it goes when one goes to a message. */
const NARROW = "(max-width: 959px)";

/** Opens the search in the open conversation; so does the key `/` wherever one does not write. */
export function FindButton({ model }: { model: ConversationModel }) {
  const { open } = model.find;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable], [role=menu], dialog")) return;
      event.preventDefault();
      open.value = true;
      focusField();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open]);
  return (
    <button
      type="button"
      class="icon-button find-button"
      aria-label={t.find.title}
      title={t.find.titleKey}
      aria-keyshortcuts="/"
      aria-expanded={open.value}
      aria-controls={open.value ? PANEL_ID : undefined}
      onClick={() => (open.value = !open.peek())}
      data-testid="find"
    >
      <Icon name="search" />
    </button>
  );
}

function focusField(): void {
  const field = document.querySelector<HTMLInputElement>(`#${PANEL_ID} input[type=search]`);
  field?.focus();
  field?.select();
}

/** The search in the open conversation: what is wanted, and what was found. */
export function FindPanel({ app, model }: { app: App; model: ConversationModel }) {
  const { find } = model;
  const list = useRef<HTMLOListElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const wanted = find.wanted.value;
  const hits = find.hits.value;
  const shown = find.status.value;

  useLayoutEffect(focusField, []);

  const loadMore = (): void => {
    const element = scroller.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_FOOT) find.loadMore();
  };
  // A page may be too short to scroll.
  useEffect(loadMore, [hits, shown]);

  const close = (): void => {
    find.open.value = false;
    document.querySelector<HTMLElement>(".find-button")?.focus();
  };
  const go = ({ seq }: Found): void => {
    find.chosen.value = seq;
    if (matchMedia(NARROW).matches) find.open.value = false;
    void model.jump(seq);
  };
  const buttons = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll<HTMLButtonElement>(".find-hit") ?? [])];
  const move = (event: KeyboardEvent): void => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    if (to < 0) focusField();
    else all[Math.min(to, all.length - 1)]?.focus();
  };
  const tabbable = hits.some(({ seq }) => seq === find.chosen.value) ? find.chosen.value : hits[0]?.seq;

  return (
    <section
      id={PANEL_ID}
      class="beside find"
      role="search"
      aria-label={t.find.title}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        close();
      }}
      data-testid="find-panel"
    >
      <h1 class="find-title clip">{t.find.within(app.title(model))}</h1>
      <div class="find-head">
        <div class="search find-field">
          <Icon name="search" />
          <input
            type="search"
            dir="auto"
            aria-label={t.find.label}
            placeholder={t.find.label}
            autocomplete="off"
            enterkeyhint="search"
            maxLength={200}
            value={wanted.text}
            onInput={(event) => find.want({ text: event.currentTarget.value })}
            onKeyDown={(event) => {
              const [first] = hits;
              if (event.key === "ArrowDown") {
                event.preventDefault();
                buttons()[0]?.focus();
              } else if (event.key === "Enter" && !event.isComposing) {
                if (find.waits()) find.now();
                else if (first && shown === "done") go(first);
              }
            }}
            data-testid="find-text"
          />
        </div>
        <button type="button" class="icon-button" aria-label={t.find.close} title={t.find.close} onClick={close} data-testid="find-close">
          <Icon name="close" />
        </button>
      </div>
      <Filters model={model} wanted={wanted} />
      <div ref={scroller} class="find-results" onScroll={loadMore}>
        <p class="find-status" role="status" data-testid="find-status" data-status={shown}>
          <Status model={model} />
        </p>
        {shown === "failed" && !notUnderstood(find.error.value) && (
          <button type="button" class="button find-again" onClick={() => find.again()} data-testid="find-again">
            {t.retry}
          </button>
        )}
        <People model={model} />
        {hits.length > 0 && (
          <ol ref={list} class="find-hits" role="list" aria-label={t.find.results} aria-busy={shown === "asking"} onKeyDown={move} data-testid="find-hits">
            {hits.map((hit) => (
              <li key={hit.seq}>
                <Hit model={model} hit={hit} chosen={hit.seq === find.chosen.value} tabbable={hit.seq === tabbable} go={go} />
              </li>
            ))}
          </ol>
        )}
        {shown === "asking" && hits.length > 0 && <p class="find-status">{t.find.searching}</p>}
      </div>
    </section>
  );
}

/** What a search says of itself. */
function Status({ model }: { model: ConversationModel }) {
  const { find } = model;
  const count = find.hits.value.length;
  switch (find.status.value) {
    case "none":
      return <>{t.find.tips}</>;
    case "asking":
      return <>{count === 0 ? t.find.searching : t.find.found(count)}</>;
    case "failed": {
      const error = find.error.value;
      return <>{notUnderstood(error) ? t.find.notUnderstood(error.message) : sentence(error)}</>;
    }
    case "done":
      if (count > 0) return <>{find.more.value ? t.find.foundMore(count) : t.find.found(count)}</>;
      return <>{find.filters.value > 0 ? t.find.noneFiltered : t.find.none}</>;
  }
}

function Hit(props: { model: ConversationModel; hit: Found; chosen: boolean; tabbable: boolean; go: (hit: Found) => void }) {
  const { model, hit, chosen, tabbable, go } = props;
  return (
    <button type="button" class="find-hit" aria-current={chosen ? "true" : undefined} tabIndex={tabbable ? 0 : -1} onClick={() => go(hit)} data-testid="find-hit" data-seq={hit.seq}>
      <span class="find-hit-head">
        <bdi class="clip">{model.nameOf(hit.author)}</bdi>
        <time dateTime={new Date(hit.at).toISOString()}>{foundTime(hit.at)}</time>
      </span>
      <Excerpt hit={hit} />
    </button>
  );
}

/** A message around what was found of it. */
export function Excerpt({ hit: { text, marks } }: { hit: Found }) {
  return (
    <span class="find-hit-text" dir="auto">
      {text === null ? <i>{t.noTextPreview}</i> : excerpt(text, marks).map(({ text: piece, marked }, index) => (marked ? <mark key={index}>{piece}</mark> : piece))}
    </span>
  );
}

/** Members whom the words name, instead of their messages. */
function People({ model }: { model: ConversationModel }) {
  const people = model.find.people.value;
  if (people.length === 0) return null;
  return (
    <div class="find-people" role="group" aria-label={t.find.people}>
      {people.map((user) => (
        <button
          key={user}
          type="button"
          class="chip"
          onClick={() => {
            model.find.want(user === model.me ? { text: "", mine: true } : { text: "", from: model.people.name(user) });
            focusField();
          }}
          data-testid="find-person"
        >
          {t.find.by(model.nameOf(user))}
        </button>
      ))}
    </div>
  );
}

/** The usual filters at one press, the others below. */
function Filters({ model, wanted }: { model: ConversationModel; wanted: Wanted }) {
  const { find } = model;
  const names = useComputed(() => {
    void model.people.version.value;
    const others = [...model.members.value.keys()].filter((user) => user !== model.me).slice(0, NAMES);
    return [...new Set(others.map((user) => model.people.name(user)))];
  });
  const id = useId();
  const chips = [
    ["mine", t.find.mine],
    ["toMe", t.find.toMe],
    ["link", t.find.link],
    ["mention", t.find.mention],
  ] as const;
  const fields = [
    ["from", t.find.from, "text"],
    ["mentions", t.find.mentions, "text"],
    ["since", t.find.since, "date"],
    ["until", t.find.until, "date"],
  ] as const;
  return (
    <div class="find-filters">
      <div class="find-chips" role="group" aria-label={t.find.filters}>
        {chips.map(([key, label]) => (
          <button key={key} type="button" class="chip" aria-pressed={wanted[key]} onClick={() => find.want({ [key]: !wanted[key] })} data-testid={`find-${key}`}>
            {label}
          </button>
        ))}
      </div>
      <details class="find-more">
        <summary data-testid="find-more">{t.find.more}</summary>
        <div class="find-fields">
          {fields.map(([key, label, type]) => (
            <div key={key} class="field">
              <label for={`${id}-${key}`}>{label}</label>
              <input
                id={`${id}-${key}`}
                type={type}
                dir={type === "text" ? "auto" : undefined}
                list={type === "text" ? `${id}-names` : undefined}
                autocomplete="off"
                max={type === "date" ? "9999-12-31" : undefined}
                maxLength={type === "text" ? 80 : undefined}
                placeholder={type === "text" ? t.find.anybody : undefined}
                value={wanted[key]}
                onInput={(event) => find.want({ [key]: event.currentTarget.value })}
                data-testid={`find-${key}`}
              />
            </div>
          ))}
          <datalist id={`${id}-names`}>
            {names.value.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
      </details>
      {find.filters.value > 0 && (
        <button
          type="button"
          class="link-button find-reset"
          onClick={() => {
            find.want({ ...ANYTHING, text: wanted.text });
            focusField();
          }}
          data-testid="find-reset"
        >
          {t.find.reset(find.filters.value)}
        </button>
      )}
    </div>
  );
}
