import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { InboxEntry } from "@quipu/client";
import type { App } from "../state/app.ts";
import { parted } from "../state/spaces.ts";
import { countOf } from "../state/views.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Entry } from "./Entry.tsx";
import { EntryMenu } from "./EntryMenu.tsx";
import { FoundElsewhere } from "./FindAll.tsx";
import { Icon, Mark } from "./Icon.tsx";
import { SavedList, SavedView } from "./Saved.tsx";
import { SettingsButton } from "./Settings.tsx";
import { SpacesPart } from "./SpaceGroup.tsx";
import { StatusMark } from "./Status.tsx";

/** The list of conversations, with its search field. */
export function Sidebar({ app }: { app: App }) {
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const entries = app.entries.value;
  const inbox = app.inbox.value;
  const open = app.current.value?.id;
  const query = app.query.value;
  // Whoever searches finds what they saved among the rest.
  const saved = app.saved.shown.value && query === "";

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.altKey) {
        event.preventDefault();
        const enter = (): void => {
          search.current?.focus();
          search.current?.select();
        };
        if (search.current?.offsetParent !== null) return enter();
        // On a phone the list is behind the conversation.
        app.hide();
        requestAnimationFrame(enter);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [app]);

  const buttons = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll<HTMLButtonElement>("button.entry, button.found-person, button.find-hit, button.saved-out, button.found-more") ?? [])];
  const move = (event: KeyboardEvent): void => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) search.current?.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  };
  // Elsewhere than in the whole list, channels stand for themselves.
  const whole = query === "" && app.view.value === "all";
  const { spaces, rest } = whole ? parted(entries, (entry) => app.titleOf(entry), (entry) => app.isMuted(entry)) : { spaces: [], rest: entries };
  const pinned = rest.filter((entry) => entry.pinned);
  const others = rest.filter((entry) => !entry.pinned);
  const searches = app.findAll.status.value !== "none";
  const title = pinned.length > 0 || spaces.length > 0 ? t.others : searches ? t.conversations : null;
  const menu = app.entryMenu.value;
  const menuEntry = menu && inbox.entries.find((entry) => entry.id === menu.id);
  const row = (entry: InboxEntry) => <Entry key={entry.id} app={app} entry={entry} open={entry.id === open} tabbable={entry.id === active} />;
  const more = (): void => {
    const element = list.current;
    if (element && !app.saved.shown.peek() && app.list.peek().hasMore && element.scrollHeight - element.scrollTop - element.clientHeight < 400) app.loadMore();
  };
  // What leaves a part of the list while one looks at it makes room for more.
  useEffect(() => {
    if (query === "") more();
  }, [entries, query]);
  const active = entries.some((entry) => entry.id === open) ? open : (pinned[0] ?? spaces[0]?.space ?? others[0])?.id;

  return (
    <nav class="sidebar" aria-label={t.conversations}>
      <header class="sidebar-head">
        <Mark />
        {open === undefined ? <h1 class="wordmark">{t.appName}</h1> : <p class="wordmark">{t.appName}</p>}
        <OwnProfile app={app} />
        <SettingsButton app={app} />
        {app.session.signOut && (
          <button type="button" class="icon-button" aria-label={t.signOut} title={t.signOut} onClick={app.session.signOut}>
            <Icon name="signOut" />
          </button>
        )}
        <button
          type="button"
          class="icon-button icon-button-strong"
          aria-label={t.newConversation}
          title={t.newConversation}
          onClick={() => (app.dialog.value = { kind: "new" })}
          data-testid="new-conversation"
        >
          <Icon name="add" />
        </button>
      </header>
      <div class="search">
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          aria-label={t.search}
          placeholder={t.searchHint}
          aria-keyshortcuts="Control+K Meta+K"
          value={query}
          onInput={(event) => (app.query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") {
              event.preventDefault();
              buttons()[0]?.focus();
            } else if (event.key === "Escape" && query !== "") {
              event.stopPropagation();
              app.query.value = "";
            } else if (event.key === "Enter") {
              if (entries[0]) app.show(entries[0].id);
              else buttons()[0]?.click();
            }
          }}
          data-testid="search"
        />
        <kbd aria-hidden="true">{/mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘K" : t.searchShortcut}</kbd>
      </div>
      <div class="views" role="group" aria-label={t.viewsLabel} data-testid="views">
        {app.views.value.map((view) => (
          <button
            key={view}
            type="button"
            class="view"
            aria-pressed={query === "" && !saved && view === app.view.value}
            onClick={() => {
              app.query.value = "";
              app.saved.shown.value = false;
              app.view.value = view;
            }}
            data-testid={`view-${view}`}
          >
            {t.views[view]} <ViewCount count={countOf(view, inbox.totals)} />
          </button>
        ))}
        <SavedView app={app} />
      </div>
      <div
        ref={list}
        class="entries"
        onKeyDown={move}
        onScroll={more}
        data-testid="conversation-list"
      >
        {saved && <SavedList app={app} />}
        {!saved && pinned.length > 0 && <Part title={t.pinned} entries={pinned} row={row} />}
        {!saved && spaces.length > 0 && <SpacesPart app={app} spaces={spaces} open={open} active={active} row={row} />}
        {!saved && others.length > 0 && (title !== null ? <Part title={title} entries={others} row={row} /> : <ul role="list">{others.map(row)}</ul>)}
        <FoundElsewhere app={app} />
      </div>
      {entries.length === 0 && !searches && !saved && (
        <p class="hint" role="status">
          {!(inbox.ready && app.list.value.ready) && inbox.error === null ? t.loading : query !== "" ? t.noMatches(query) : t.viewEmpty[app.view.value]}
        </p>
      )}
      {menu && menuEntry && <EntryMenu key={menu.id} app={app} entry={menuEntry} spec={menu} />}
    </nav>
  );
}

function ViewCount({ count }: { count: number }) {
  return count > 0 ? <span class="view-count">{count > 999 ? `${number(999)}+` : number(count)}</span> : null;
}

/** Who is signed in; it opens their profile. */
function OwnProfile({ app }: { app: App }) {
  const me = app.people.get(app.session.user);
  return (
    <button type="button" class="own-profile" title={t.signedInAs(me.name)} aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "my-profile" })} data-testid="own-profile">
      <Avatar id={me.user} name={me.name} picture={me.picture} size="s" />
      <span class="who" data-testid="signed-in-as">
        <bdi>{me.name}</bdi>
        <StatusMark app={app} user={me.user} />
      </span>
      <span class="sr">, {t.profile.yours}</span>
    </button>
  );
}

/** Some of the conversations, under their heading. */
function Part({ title, entries, row }: { title: string; entries: readonly InboxEntry[]; row: (entry: InboxEntry) => ComponentChildren }) {
  const id = useId();
  return (
    <section>
      <h2 class="entries-head" id={id}>
        {title}
      </h2>
      <ul role="list" aria-labelledby={id}>
        {entries.map(row)}
      </ul>
    </section>
  );
}
