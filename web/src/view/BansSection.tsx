import { useSignal, useSignalEffect } from "@preact/signals";
import type { Ban } from "@quipu/client";
import { Moderation } from "@quipu/client/moderation";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { safePicture } from "../text/linkify.ts";
import { timeOf } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { FormError } from "./FormError.tsx";

/** Who is banned, for those who may lift it. Nothing is shown where nobody is. */
export function BansSection({ app, model }: { app: App; model: ConversationModel }) {
  const bans = useSignal<readonly Ban[]>([]);
  const failure = useSignal("");
  const moderation = new Moderation(app.session.client, model.id);

  const load = (): void => {
    moderation.bans().then(
      (all) => (bans.value = all),
      (error: unknown) => (failure.value = `${t.moderation.bansFailed} ${sentence(error)}`),
    );
  };
  useSignalEffect(() => {
    load();
    return model.conversation.subscribe((event) => {
      if (event.type === "event" && /^member\.(un)?banned$/u.test(event.event.envelope.type)) load();
    });
  });

  if (bans.value.length === 0 && failure.value === "") return null;
  const nameOf = ({ user, profile, subject }: Ban): string => profile.name ?? (app.people.knows(user) ? app.people.name(user) : (subject ?? user));
  const lift = (ban: Ban): void => {
    failure.value = "";
    moderation.unban(ban.user).then(
      () => {
        bans.value = bans.value.filter(({ user }) => user !== ban.user);
        document.querySelector<HTMLElement>("dialog[open] [data-testid=unban], dialog[open] [data-testid=dialog-close]")?.focus();
      },
      (error: unknown) => (failure.value = sentence(error)),
    );
  };
  return (
    <section data-testid="bans">
      <h3>{t.moderation.bans}</h3>
      <FormError text={failure.value} />
      <ul class="members" role="list">
        {bans.value.map((ban) => (
          <li key={ban.user} class="person" data-testid="ban" data-user={ban.user}>
            <Avatar id={ban.user} name={nameOf(ban)} picture={safePicture(ban.profile.picture)} size="s" />
            <span class="person-names">
              <bdi class="clip">{nameOf(ban)}</bdi>
              <span class="person-id">{t.moderation.bannedBy(app.people.name(ban.by), timeOf(ban.at))}</span>
            </span>
            <button type="button" class="button" aria-label={t.moderation.unbanOf(nameOf(ban))} onClick={() => lift(ban)} data-testid="unban">
              {t.moderation.unban}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
