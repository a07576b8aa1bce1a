import type { InboxEntry } from "@quipu/client";
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import type { App } from "../state/app.ts";
import { closedSpaces, fold, type SpaceOf } from "../state/spaces.ts";
import { safePicture } from "../text/linkify.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { longPress } from "./long-press.ts";

/** Spaces in the list, each with its channels beneath. */
export function SpacesPart({ app, spaces, open, active, row }: { app: App; spaces: readonly SpaceOf[]; open: string | undefined; active: string | undefined; row: (entry: InboxEntry) => ComponentChildren }) {
  const id = useId();
  return (
    <section class="spaces" data-testid="spaces">
      <h2 class="entries-head" id={id}>
        {t.spaces.title}
      </h2>
      <ul role="list" aria-labelledby={id}>
        {spaces.map((of) => (
          <SpaceGroup key={of.space.id} app={app} of={of} open={open} active={active} row={row} />
        ))}
      </ul>
    </section>
  );
}

function SpaceGroup({ app, of, open, active, row }: { app: App; of: SpaceOf; open: string | undefined; active: string | undefined; row: (entry: InboxEntry) => ComponentChildren }) {
  const { space, channels, unread, mentions } = of;
  const button = useRef<HTMLButtonElement>(null);
  const beneath = useId();
  const title = app.titleOf(space);
  const closed = closedSpaces.value.has(space.id);
  const openMenu = (point?: { x: number; y: number }): void => {
    if (button.current) app.entryMenu.value = { id: space.id, anchor: button.current, ...(point && { point }) };
  };
  return (
    <li class="space" data-testid="space" data-id={space.id}>
      <div class="space-head">
        <button
          type="button"
          class="icon-button space-fold"
          aria-expanded={!closed}
          aria-controls={beneath}
          aria-label={t.spaces.channelsOf(title)}
          onClick={() => fold(space.id, !closed)}
          data-testid="space-fold"
        >
          <Icon name="fold" />
        </button>
        <button
          ref={button}
          type="button"
          class="entry space-entry"
          aria-current={space.id === open ? "true" : undefined}
          tabIndex={space.id === active ? 0 : -1}
          onClick={() => app.show(space.id)}
          onContextMenu={(event) => {
            event.preventDefault();
            openMenu({ x: event.clientX, y: event.clientY });
          }}
          onKeyDown={(event) => {
            const shut = getComputedStyle(event.currentTarget).direction === "rtl" ? "ArrowRight" : "ArrowLeft";
            if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
              event.preventDefault();
              fold(space.id, event.key === shut);
            } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
              event.preventDefault();
              openMenu();
            }
          }}
          {...longPress((event) => openMenu({ x: event.clientX, y: event.clientY }))}
          data-testid="space-entry"
          data-id={space.id}
        >
          <Avatar id={space.id} name={title} picture={safePicture(space.avatar)} size="s" />
          <span class="entry-name" dir="auto">
            {title}
          </span>
          {closed && (
            <span class="entry-marks">
              {mentions > 0 && (
                <span class="badge badge-mention" title={t.mentionCount(mentions)} data-testid="space-mentions">
                  <span aria-hidden="true">@</span>
                  <span class="sr">{t.mentionCount(mentions)}</span>
                </span>
              )}
              {unread > 0 && (
                <span class="badge" data-testid="space-unread">
                  <span aria-hidden="true">{unread > 999 ? `${number(999)}+` : number(unread)}</span>
                  <span class="sr">{t.unreadCount(unread)}</span>
                </span>
              )}
            </span>
          )}
        </button>
      </div>
      <ul id={beneath} class="space-channels" role="list" aria-label={t.spaces.channelsOf(title)} hidden={closed}>
        {!closed && channels.map(row)}
      </ul>
    </li>
  );
}
