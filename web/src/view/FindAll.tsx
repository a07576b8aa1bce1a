import type { ComponentChildren } from "preact";
import { type App, sentence } from "../state/app.ts";
import { notUnderstood } from "../state/find.ts";
import type { FoundAnywhere } from "../state/find-all.ts";
import { foundTime } from "../text/dates.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Excerpt } from "./FindPanel.tsx";

/** What the search field of the list finds besides the names of conversations. */
export function FoundElsewhere({ app }: { app: App }) {
  const find = app.findAll;
  const status = find.status.value;
  const hits = find.hits.value;
  const people = app.strangers.value;
  if (status === "none") return null;
  return (
    <>
      {people.length > 0 && (
        <Section title={t.findAll.people}>
          <ul role="list" aria-label={t.findAll.people}>
            {people.map((person, index) => {
              const name = app.people.name(person.user);
              return (
                <li key={person.user}>
                  <button type="button" class="found-person" tabIndex={index === 0 ? 0 : -1} onClick={() => void app.showPerson(person.user)} data-testid="found-person" data-user={person.user}>
                    <Avatar id={person.user} name={name} picture={safePicture(person.picture)} />
                    <bdi class="clip">{name}</bdi>
                  </button>
                </li>
              );
            })}
          </ul>
        </Section>
      )}
      <Section title={t.findAll.messages}>
        <p class="find-status" role="status" data-testid="found-status" data-status={status}>
          <Status app={app} />
        </p>
        {hits.length > 0 && (
          <ol class="find-hits" role="list" aria-label={t.find.results} aria-busy={status === "asking"} data-testid="found-hits">
            {hits.map((hit, index) => (
              <li key={`${hit.conversation} ${hit.seq}`}>
                <Hit app={app} hit={hit} tabbable={index === 0} />
              </li>
            ))}
          </ol>
        )}
        {((status === "done" && find.more.value) || (status === "failed" && !notUnderstood(find.error.value))) && (
          <button type="button" class="link-button found-more" onClick={() => find.loadMore()} data-testid="found-more">
            {status === "failed" ? t.retry : t.findAll.more}
          </button>
        )}
      </Section>
    </>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2 class="entries-head">{title}</h2>
      {children}
    </section>
  );
}

function Status({ app }: { app: App }) {
  const find = app.findAll;
  const count = find.hits.value.length;
  switch (find.status.value) {
    case "asking":
      return <>{t.find.searching}</>;
    case "failed": {
      const error = find.error.value;
      return <>{notUnderstood(error) ? t.find.notUnderstood(error.message) : sentence(error)}</>;
    }
    default:
      if (count === 0) return <>{t.find.none}</>;
      return <>{find.more.value ? t.find.foundMore(count) : t.find.found(count)}</>;
  }
}

function Hit({ app, hit, tabbable }: { app: App; hit: FoundAnywhere; tabbable: boolean }) {
  const title = app.titleById(hit.conversation);
  const author = hit.author === app.session.user ? t.yourself : app.people.name(hit.author);
  return (
    <button type="button" class="find-hit" tabIndex={tabbable ? 0 : -1} onClick={() => void app.showMessage(hit.conversation, hit.seq)} data-testid="found-hit" data-conversation={hit.conversation} data-seq={hit.seq}>
      <span class="find-hit-head">
        <bdi class="clip">{title}</bdi>
        <time dateTime={new Date(hit.at).toISOString()}>{foundTime(hit.at)}</time>
      </span>
      {author !== title && (
        <span class="found-author clip">
          <bdi>{author}</bdi>
        </span>
      )}
      <Excerpt hit={hit} />
    </button>
  );
}
