import { signal } from "@preact/signals";
import type { Quipu } from "@quipu/client";
import { People, type PeopleState, type Person, type ReachAudience, type ReachSettings } from "@quipu/client/people";

/** Whom the person blocks, their contacts, and who may write to them first, as the page shows it. */
export class Relations {
  readonly known = signal<PeopleState>({ people: new Map(), ready: false, error: null });
  private readonly people: People;

  constructor(client: Quipu) {
    this.people = new People(client);
    this.people.subscribe(() => {
      this.known.value = this.people.state;
    });
    void this.people.load();
  }

  /** What the person has laid down about somebody. */
  of(user: string): Person {
    return this.known.value.people.get(user) ?? { user };
  }

  isBlocked(user: string | undefined): boolean {
    return user !== undefined && this.of(user).blocked === true;
  }

  setBlocked(user: string, on: boolean): Promise<Person> {
    return on ? this.people.block(user) : this.people.unblock(user);
  }

  setContact(user: string, on: boolean): Promise<Person> {
    return on ? this.people.addContact(user) : this.people.removeContact(user);
  }

  reach(): Promise<ReachSettings> {
    return this.people.reach();
  }

  setReach(audience: ReachAudience): Promise<ReachSettings> {
    return this.people.setReach(audience);
  }
}
