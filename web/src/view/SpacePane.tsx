import { useSignal, useSignalEffect } from "@preact/signals";
import { listSpaceChannels, removeSpaceChannel, type SpaceChannel } from "@quipu/client/spaces";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { t } from "../text/strings.ts";
import { ChannelRow, useActing } from "./ChannelRow.tsx";
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
  const acting = useActing();
  const asking = useSignal(false);
  const key = useRef(crypto.randomUUID());
  const entry = app.inbox.value.entries.find(({ id }) => id === channel.id);
  // Of a private channel the space says no name; who is in it knows one.
  const name = channel.name ?? (entry?.member ? app.titleOf(entry) : t.spaces.private);
  const ask = (on: boolean): void => {
    asking.value = on;
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-testid=space-channel][data-id="${channel.id}"] [data-testid=${on ? "confirm-take" : "space-take"}]`)?.focus());
  };
  const take = (): Promise<void> =>
    acting.act(async () => {
      await removeSpaceChannel(app.session.client, space, channel.id, { key: key.current });
      app.say(t.spaces.taken(name));
      asking.value = false;
      reload();
    });
  const question = asking.value && (
    <div class="ask space-ask" role="group" aria-label={t.spaces.confirmTake(name)}>
      <p>{t.spaces.confirmTake(name)}</p>
      <button type="button" class="button button-danger" aria-disabled={acting.busy.value} onClick={() => void take()} data-testid="confirm-take">
        {t.spaces.take}
      </button>
      <button type="button" class="button" onClick={() => ask(false)}>
        {t.cancel}
      </button>
    </div>
  );
  const also = manages && (
    <button type="button" class="icon-button" aria-label={t.spaces.takeNamed(name)} title={t.spaces.takeNamed(name)} onClick={() => ask(true)} data-testid="space-take">
      <Icon name="close" />
    </button>
  );
  return <ChannelRow app={app} channel={channel} name={name} open={channel.open} acting={acting} onOpen={() => app.show(channel.id)} also={also} asking={question || undefined} testid="space-channel" />;
}
