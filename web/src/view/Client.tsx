import type { App } from "../state/app.ts";
import { isSpace } from "../state/spaces.ts";
import { t } from "../text/strings.ts";
import { Banner } from "./Banner.tsx";
import { ChannelsDialog } from "./ChannelsDialog.tsx";
import { ConversationPane } from "./ConversationPane.tsx";
import { DetailsDialog } from "./DetailsDialog.tsx";
import { FindPanel } from "./FindPanel.tsx";
import { ForwardDialog } from "./ForwardDialog.tsx";
import { Mark } from "./Icon.tsx";
import { JoinDialog } from "./JoinDialog.tsx";
import { DeleteDialog, VersionsDialog } from "./MessageDialogs.tsx";
import { MessageMenu } from "./MessageMenu.tsx";
import { MyProfileDialog } from "./MyProfile.tsx";
import { NewChannelDialog } from "./NewChannelDialog.tsx";
import { NewDialog } from "./NewDialog.tsx";
import { PinsDialog } from "./Pins.tsx";
import { ProfileDialog } from "./ProfileDialog.tsx";
import { VotesDialog } from "./Poll.tsx";
import { PollDialog } from "./PollDialog.tsx";
import { ReactDialog } from "./Reactions.tsx";
import { ReadersDialog } from "./Readers.tsx";
import { ReportDialog, ReportsDialog } from "./Reports.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { ThreadPane } from "./ThreadPane.tsx";

/** The whole client of one signed-in person. */
export function Client({ app }: { app: App }) {
  const model = app.current.value;
  const menu = app.menu.value;
  const finding = model?.find.open.value === true;
  return (
    <div class={["client", model && "has-open", finding && "has-find", model?.threads.beside.value && "has-thread"].filter(Boolean).join(" ")} data-testid="client" data-user={app.session.user} data-subject={app.session.subject}>
      {model && !isSpace(model.id) && (
        <a
          class="skip"
          href="#composer"
          onClick={(event) => {
            event.preventDefault();
            document.getElementById("composer")?.focus();
          }}
        >
          {t.skipToComposer}
        </a>
      )}
      <Banner app={app} />
      <main class="columns" aria-label={t.clientOf(app.session.name)}>
        <Sidebar app={app} />
        {model ? (
          <ConversationPane key={model.id} app={app} model={model} />
        ) : (
          <section class="conversation nothing" aria-label={t.messages}>
            <Mark />
            <p class="nothing-title">{t.chooseConversation}</p>
            <p class="quiet">{t.chooseConversationHint}</p>
          </section>
        )}
        {model && finding && <FindPanel key={`find-${model.id}`} app={app} model={model} />}
        {model && <ThreadPane key={`thread-${model.id}`} app={app} model={model} />}
        {model && menu && <MessageMenu key={menu.message.id} app={app} model={model} spec={menu} />}
      </main>
      <DialogHost app={app} />
      <div class="notice" role="status" data-testid="notice">
        {app.notice.value !== null && <span>{app.notice.value}</span>}
      </div>
    </div>
  );
}

function DialogHost({ app }: { app: App }) {
  const spec = app.dialog.value;
  const model = app.current.value;
  if (spec?.kind === "new") return <NewDialog app={app} />;
  if (spec?.kind === "profile") return <ProfileDialog key={spec.user} app={app} user={spec.user} />;
  if (spec?.kind === "my-profile") return <MyProfileDialog app={app} />;
  if (spec?.kind === "channels") return <ChannelsDialog app={app} />;
  if (spec?.kind === "new-channel") return <NewChannelDialog app={app} space={spec.space} />;
  if (spec?.kind === "join") return <JoinDialog key={spec.token} app={app} token={spec.token} />;
  if (!spec || !model) return null;
  switch (spec.kind) {
    case "details":
      return <DetailsDialog app={app} model={model} />;
    case "versions":
      return <VersionsDialog app={app} model={model} message={spec.message} />;
    case "readers":
      return <ReadersDialog app={app} model={model} message={spec.message} />;
    case "pins":
      return <PinsDialog app={app} model={model} />;
    case "poll":
      return <PollDialog app={app} model={model} thread={spec.thread} />;
    case "votes":
      return <VotesDialog app={app} model={model} message={spec.message} />;
    case "react":
      return <ReactDialog app={app} model={model} message={spec.message} />;
    case "forward":
      return <ForwardDialog app={app} model={model} message={spec.message} />;
    case "report":
      return <ReportDialog app={app} model={model} message={spec.message} />;
    case "reports":
      return <ReportsDialog app={app} model={model} />;
    case "delete":
      return <DeleteDialog app={app} model={model} message={spec.message} forAll={spec.forAll} />;
  }
}
