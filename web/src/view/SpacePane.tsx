import { useSignal, useSignalEffect } from "@preact/signals";
import { joinChannel } from "@quipu/client/channels";
import { listSpaceChannels, removeSpaceChannel, type SpaceChannel } from "@quipu/client/spaces";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";

/** A space that is open: its channels, to join, open and leave; its admins make new ones. */
export function SpaceChannels({ app, model }: { app: App; model: ConversationModel }) {
  const { client } = app.session;
  const channels = useSignal<readonly SpaceChannel[] | null>(null);
  const next = useSignal<number | undefined>(undefined);
  const failure = useSignal("");
  const asking = useRef<AbortController | null>(null);
  const state = model.state.value;
  const gone = state.connection === "stopped" && state.error !== null;
  const manages = allows(state.you?.role ?? "guest", "settings");

  const load = async (cursor?: number): Promise<void> => {
    asking.current?.abort();
    const { signal } = (asking.current = new AbortController());
    failure.value = "";
    try {
      const page = await listSpaceChannels(client, model.id, { ...(cursor !== undefined && { cursor }), signal });
      if (signal.aborted) return;
      const before = cursor === undefined ? [] : (channels.peek() ?? []);
      channels.value = [...before, ...page.channels];
      next.value = page.next;
    } catch (error) {
      if (!signal.aborted) failure.value = sentence(error);
    }
  };
  useEffect(() => {
    if (!gone) void load();
  }, [gone, manages]);
  useEffect(() => () => asking.current?.abort(), []);
  useSignalEffect(() =>
    model.conversation.subscribe((event) => {
      if (event.type === "event" && /^space\./u.test(event.event.envelope.type)) void load();
    }),
  );
  if (gone) {
    return (
      <p class="cannot-write" role="status" data-testid="cannot-write">
        {state.error?.code === "not_a_member" ? t.noLongerMember : t.cannotWrite}
      </p>
    );
  }
  const count = channels.value?.length;
  return (
    <div class="space-pane" data-testid="space-pane">
      <div class="space-pane-head">
        <h2>{t.spaces.channels}</h2>
        {manages && (
          <button type="button" class="button button-primary" aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "new-channel", space: model.id })} data-testid="new-channel">
            <Icon name="add" />
            {t.spaces.newChannel}
          </button>
        )}
      </div>
      {failure.value !== "" && (
        <div class="channels-failed">
          <p class="form-error" role="alert" data-testid="form-error">
            {failure.value}
          </p>
          <button type="button" class="button" onClick={() => void load()}>
            {t.retry}
          </button>
        </div>
      )}
      <p class={count ? "sr" : "quiet channels-none"} role="status" data-testid="space-status">
        {count === undefined ? failure.value === "" && t.loading : count > 0 ? t.channels.found(count) : manages ? t.spaces.noneYours : t.spaces.none}
      </p>
      <ul class="channels" role="list">
        {channels.value?.map((channel) => (
          <Row key={channel.id} app={app} space={model.id} channel={channel} manages={manages} reload={() => void load()} />
        ))}
      </ul>
      {next.value !== undefined && (
        <button type="button" class="button channels-more" onClick={() => void load(next.peek())} data-testid="space-more">
          {t.channels.more}
        </button>
      )}
    </div>
  );
}

function Row({ app, space, channel, manages, reload }: { app: App; space: string; channel: SpaceChannel; manages: boolean; reload: () => void }) {
  const { client } = app.session;
  const busy = useSignal(false);
  const failure = useSignal("");
  const asking = useSignal(false);
  /** What was done here is known before the list of conversations says so. */
  const done = useSignal<boolean | null>(null);
  const row = useRef<HTMLLIElement>(null);
  const keys = useRef({ join: crypto.randomUUID(), take: crypto.randomUUID() });
  const entry = app.inbox.value.entries.find(({ id }) => id === channel.id);
  const listed = entry?.member ?? false;
  const member = done.value ?? listed;
  useEffect(() => {
    if (done.value === listed) done.value = null;
  }, [listed, done.value]);
  // Of a private channel the space says no name; who is in it knows one.
  const name = channel.name ?? (entry && member ? app.titleOf(entry) : t.spaces.private);
  const act = async (work: () => Promise<void>): Promise<void> => {
    if (busy.peek()) return;
    busy.value = true;
    failure.value = "";
    try {
      await work();
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  const focusSoon = (selector: string): void => {
    requestAnimationFrame(() => row.current?.querySelector<HTMLElement>(selector)?.focus());
  };
  const join = (): Promise<void> =>
    act(async () => {
      try {
        await joinChannel(client, channel.id, { key: keys.current.join });
      } catch (error) {
        // On another device, perhaps: in is in.
        if ((error as { code?: string }).code !== "already_member") throw error;
      }
      app.show(channel.id);
    });
  const leave = (): Promise<void> =>
    act(async () => {
      await client.request("DELETE", `/v1/conversations/${channel.id}/members/me`);
      // Whoever comes back does something new.
      keys.current.join = crypto.randomUUID();
      done.value = false;
      app.say(t.channels.left(name));
      focusSoon("button");
    });
  const ask = (on: boolean): void => {
    asking.value = on;
    focusSoon(on ? "[data-testid=confirm-take]" : "[data-testid=space-take]");
  };
  const take = (): Promise<void> =>
    act(async () => {
      await removeSpaceChannel(client, space, channel.id, { key: keys.current.take });
      app.say(t.spaces.taken(name));
      asking.value = false;
      reload();
    });
  return (
    <li ref={row} class="channel" data-testid="space-channel" data-id={channel.id}>
      <Avatar id={channel.id} name={name} picture={safePicture(channel.avatar)} size="m" />
      <div class="channel-about">
        <p class="channel-name">
          <bdi>{name}</bdi>
        </p>
        {channel.topic && (
          <p class="channel-topic" dir="auto">
            {channel.topic}
          </p>
        )}
        <p class="channel-facts">
          {channel.member_count === undefined ? t.spaces.byInvitation : t.members(channel.member_count)}
          {member && (
            <span class="channel-in">
              <Icon name="check" />
              {t.channels.in}
            </span>
          )}
        </p>
      </div>
      {asking.value ? (
        <div class="ask space-ask" role="group" aria-label={t.spaces.confirmTake(name)}>
          <p>{t.spaces.confirmTake(name)}</p>
          <button type="button" class="button button-danger" aria-disabled={busy.value} onClick={() => void take()} data-testid="confirm-take">
            {t.spaces.take}
          </button>
          <button type="button" class="button" onClick={() => ask(false)}>
            {t.cancel}
          </button>
        </div>
      ) : (
        <div class="channel-acts">
          {member ? (
            <>
              <button type="button" class="button" aria-label={t.channels.openNamed(name)} onClick={() => app.show(channel.id)} data-testid="channel-open">
                {t.channels.open}
              </button>
              <button type="button" class="button button-quiet-danger" aria-label={t.channels.leaveNamed(name)} aria-disabled={busy.value} onClick={() => void leave()} data-testid="channel-leave">
                {t.channels.leave}
              </button>
            </>
          ) : (
            channel.open && (
              <button type="button" class="button button-primary" aria-label={t.channels.joinNamed(name)} aria-disabled={busy.value} onClick={() => void join()} data-testid="channel-join">
                {t.channels.join}
              </button>
            )
          )}
          {manages && (
            <button type="button" class="icon-button" aria-label={t.spaces.takeNamed(name)} title={t.spaces.takeNamed(name)} onClick={() => ask(true)} data-testid="space-take">
              <Icon name="close" />
            </button>
          )}
        </div>
      )}
      {failure.value !== "" && (
        <p class="form-error" role="alert" data-testid="channel-error">
          {failure.value}
        </p>
      )}
    </li>
  );
}
