/** Whom you block, whom you keep as contacts, and who may write to you first: the same on all your devices. */
import type { Quipu } from "./client.ts";
import { type QuipuError, toQuipuError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import type { PeoplePage, Person, ReachAudience, ReachSettings } from "./wire.ts";

export type { Person, ReachAudience, ReachSettings } from "./wire.ts";

const PAGE = 100;

/** What you have laid down about others. Never changed in place. */
export interface PeopleState {
  /** By user id: those who are blocked or contacts. */
  readonly people: ReadonlyMap<string, Person>;
  /** Whether all of them are here. */
  readonly ready: boolean;
  /** Why they could not be loaded last. */
  readonly error: QuipuError | null;
}

/** One for a client is enough. It loads the lists once asked for, and again with each new connection of the inbox. */
export class People {
  /** Calls back when something changed; the answer takes the listener away again. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly #listeners = new Listeners<void>();
  readonly #client: Quipu;
  readonly #unsubscribe: () => void;
  #state: PeopleState = { people: new Map(), ready: false, error: null };
  #wanted = false;
  #loading: Promise<void> | null = null;
  /** What was heard while the lists were on their way. */
  #heard = new Map<string, Person>();
  #stale = false;

  constructor(client: Quipu) {
    this.#client = client;
    this.subscribe = this.#listeners.add;
    this.#unsubscribe = client.inbox.subscribe((event) => {
      if (event.type !== "frame") return;
      if (event.frame.t === "person") {
        const { t: _, ...person } = event.frame;
        this.#hear(person);
      } else if (event.frame.t === "welcome" && this.#wanted) void this.load();
    });
  }

  /** Stops listening. */
  close(): void {
    this.#unsubscribe();
    this.#wanted = false;
  }

  get state(): PeopleState {
    return this.#state;
  }

  /** What you have laid down about somebody, as far as is known. */
  of(user: string): Person {
    return this.#state.people.get(user) ?? { user };
  }

  /** Loads both lists, and keeps them up from then on. `state.error` tells of a failure. */
  load(): Promise<void> {
    this.#wanted = true;
    this.#stale = this.#loading !== null;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
      if (this.#stale && this.#wanted) void this.load();
    });
    return this.#loading;
  }

  /** Neither of you can write to the other, until you unblock them. Rejects when it is refused. */
  block(user: string): Promise<Person> {
    return this.#set("PUT", "blocks", user);
  }

  unblock(user: string): Promise<Person> {
    return this.#set("DELETE", "blocks", user);
  }

  addContact(user: string): Promise<Person> {
    return this.#set("PUT", "contacts", user);
  }

  removeContact(user: string): Promise<Person> {
    return this.#set("DELETE", "contacts", user);
  }

  /** Who may write to you first, and add you to groups. */
  reach(): Promise<ReachSettings> {
    return this.#client.request("GET", "/v1/me/reach");
  }

  setReach(audience: ReachAudience): Promise<ReachSettings> {
    return this.#client.request("PATCH", "/v1/me/reach", { body: { audience } });
  }

  async #set(method: "PUT" | "DELETE", list: "blocks" | "contacts", user: string): Promise<Person> {
    const person = await this.#client.request<Person>(method, `/v1/${list}/${encodeURIComponent(user)}`);
    this.#hear(person);
    return person;
  }

  async #load(): Promise<void> {
    this.#heard = new Map();
    try {
      const people = new Map<string, Person>();
      for (const list of ["blocks", "contacts"] as const) {
        let after: string | undefined;
        do {
          const page: PeoplePage = await this.#client.request("GET", `/v1/${list}`, { query: { limit: PAGE, after } });
          for (const person of page.people) people.set(person.user, person);
          after = page.next ?? undefined;
        } while (after !== undefined);
      }
      for (const person of this.#heard.values()) put(people, person);
      this.#state = { people, ready: true, error: null };
    } catch (error) {
      this.#state = { ...this.#state, error: toQuipuError(error, "network", "Blocks and contacts could not be loaded.") };
    }
    this.#listeners.emit();
  }

  #hear(person: Person): void {
    if (this.#loading) this.#heard.set(person.user, person);
    const people = new Map(this.#state.people);
    put(people, person);
    this.#state = { ...this.#state, people };
    this.#listeners.emit();
  }
}

function put(people: Map<string, Person>, person: Person): void {
  if (person.blocked || person.contact) people.set(person.user, person);
  else people.delete(person.user);
}
