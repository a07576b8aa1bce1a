import { render } from "preact";
import { Demo } from "./demo/Demo.tsx";
import { publishPane } from "./demo/pane.ts";
import { type DeviceSession, signInByLink } from "@quipu/client/devices";
import { App, sentence } from "./state/app.ts";
import { forgetDeviceLink, forgetSession, isDeviceLink, keepSession, keptSession, pendingDeviceLink, takeDeviceLink } from "./state/device.ts";
import {
  demoPeople,
  developmentSession,
  forgetToken,
  health,
  keepToken,
  linkedSession,
  presentToken,
  type Session,
  seed,
  tokenRefused,
  tokenSession,
} from "./state/session.ts";
import { forgetInvite, pendingInvite, takeInvite } from "./state/invite.ts";
import { startPreferences } from "./state/preferences.ts";
import { Client } from "./view/Client.tsx";
import { SignInHere } from "./view/Devices.tsx";
import { SettingsDialog } from "./view/Settings.tsx";
import { SignIn, Waiting, WhoJoins } from "./view/Start.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/client.css";
import "./styles/sidebar.css";
import "./styles/message.css";
import "./styles/messages.css";
import "./styles/poll.css";
import "./styles/reactions.css";
import "./styles/pins.css";
import "./styles/previews.css";
import "./styles/threads.css";
import "./styles/presence.css";
import "./styles/relations.css";
import "./styles/saved.css";
import "./styles/composer.css";
import "./styles/mentions.css";
import "./styles/dialogs.css";
import "./styles/find.css";
import "./styles/beside.css";
import "./styles/find-all.css";
import "./styles/moderation.css";
import "./styles/settings.css";
import "./styles/profile.css";
import "./styles/invites.css";
import "./styles/forward.css";
import "./styles/channels.css";
import "./styles/people-field.css";
import "./styles/spaces.css";
import "./styles/devices.css";
import "./styles/demo.css";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no #app");

/** Draws one screen in place of the last. */
function show(screen: preact.ComponentChild): void {
  if (!root) return;
  render(
    <>
      {screen}
      <SettingsDialog />
    </>,
    root,
  );
}

function showClient(session: Session): void {
  const app = new App(session);
  if (session.pane) publishPane(app);
  show(<Client app={app} />);
}

/** Signs in by token, or asks for one. */
async function byToken(refused = false): Promise<void> {
  const token = presentToken();
  if (token === undefined) {
    show(
      <SignIn
        refused={refused}
        invited={pendingInvite() !== undefined}
        onToken={(given) => {
          keepToken(given);
          void begin();
        }}
      />,
    );
    return;
  }
  try {
    showClient(await tokenSession(token));
  } catch (error) {
    if (!tokenRefused(error)) throw error;
    forgetToken();
    await byToken(true);
  }
}

/** Asks whether this browser is to be signed in by a link that was opened, and does so. */
function byLink(link: string, failure = "", busy = false): void {
  const end = (): void => {
    forgetDeviceLink();
    // Without `?as=`, whose person it may not be.
    history.replaceState(null, "", "/");
    void begin();
  };
  show(
    <SignInHere
      failure={failure}
      busy={busy}
      onNo={end}
      onYes={() => {
        byLink(link, "", true);
        signInByLink(location.origin, link).then(
          (session) => {
            forgetToken();
            keepSession(session);
            end();
          },
          (error: unknown) => byLink(link, sentence(error)),
        );
      }}
    />,
  );
}

/** Goes on as a device that was signed in by a link. */
async function byDevice(kept: DeviceSession): Promise<void> {
  try {
    showClient(await linkedSession(kept));
  } catch (error) {
    if (!tokenRefused(error)) throw error;
    forgetSession();
    await begin();
  }
}

/** How long to wait before asking a server again that could not be reached. */
const AGAIN_MS = 3000;
let again: ReturnType<typeof setTimeout> | undefined;

async function begin(quietly = false): Promise<void> {
  clearTimeout(again);
  if (!quietly) show(<Waiting />);
  takeInvite();
  takeDeviceLink();
  const link = pendingDeviceLink();
  if (link !== undefined) {
    byLink(link);
    return;
  }
  try {
    const { development } = await health();
    const query = new URLSearchParams(location.search);
    const subject = query.get("as");
    const pane = query.get("pane") !== null;
    const token = presentToken();
    const kept = keptSession();
    if (kept && subject === null && token === undefined) {
      await byDevice(kept);
      return;
    }
    if (!development || (token !== undefined && subject === null)) {
      await byToken();
      return;
    }
    const invite = pendingInvite();
    if (subject === null && invite !== undefined) {
      const cancel = (): void => {
        forgetInvite();
        void begin();
      };
      show(<WhoJoins people={await seed()} token={invite} onCancel={cancel} />);
      return;
    }
    if (subject === null) {
      show(<Demo people={await seed()} />);
      return;
    }
    const people = await demoPeople();
    const person = people.find((candidate) => candidate.subject === subject) ?? { subject };
    showClient(await developmentSession(person, people, pane));
  } catch {
    show(<Waiting onRetry={() => void begin()} />);
    again = setTimeout(() => void begin(true), AGAIN_MS);
  }
}

// A link that is opened in a tab where the page is already.
addEventListener("hashchange", () => {
  if (isDeviceLink()) location.reload();
});
void startPreferences().then(() => begin());
