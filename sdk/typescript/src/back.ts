import type { Http } from "./http.ts";
import { firstOf, isWithheld, lastOf } from "./log.ts";
import type { EventsPage, Item } from "./wire.ts";

/** The largest page of history. */
const PAGE = 200;
/** Pages asked for at once: as many connections as a browser has to one host. */
const AT_ONCE = 6;

/** Reads the events from one seq to another. Their numbers are dense, so that where each page begins is known before any has come. */
export async function readBack(http: Http, id: string, epoch: string | undefined, from: number, to: number): Promise<EventsPage> {
  const pages: EventsPage[] = new Array(Math.ceil((to - from + 1) / PAGE));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < pages.length; index = next++) {
      const low = from + index * PAGE;
      pages[index] = await stretch(http, id, epoch, low, Math.min(to, low + PAGE - 1));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return joined(pages);
}

/** A page ends early where its events are large: then it takes several to fill a stretch. */
async function stretch(http: Http, id: string, epoch: string | undefined, low: number, high: number): Promise<EventsPage> {
  const pages: EventsPage[] = [];
  for (let end = high; end >= low; ) {
    const page = await http.request<EventsPage>("GET", `/v1/conversations/${id}/events`, { query: { before: end + 1, limit: end - low + 1, epoch } });
    const events = page.events.flatMap((item) => within(item, low, end));
    pages.unshift({ ...page, events });
    if (!events[0]) break;
    end = firstOf(events[0]) - 1;
  }
  return joined(pages);
}

/** Several pages, ascending, as one. */
function joined(pages: EventsPage[]): EventsPage {
  return { ...(pages[0] as EventsPage), events: pages.flatMap(({ events }) => events), edits: pages.flatMap(({ edits }) => edits) };
}

/** What of an item lies in a stretch: a run that is withheld is one item, however long. */
function within(item: Item, low: number, high: number): Item[] {
  if (lastOf(item) < low || firstOf(item) > high) return [];
  if (!isWithheld(item)) return [item];
  return [{ ...item, withheld: { from: Math.max(low, item.withheld.from), to: Math.min(high, item.withheld.to) } }];
}
