import { signal } from "@preact/signals";
import type { MyProfile, PatchProfile, Quipu, UserProfile } from "@quipu/client";
import type { People } from "./people.ts";

/** One's own profile, kept up with one's other devices, and those of others as they are looked at. */
export class Profiles {
  /** One's own; `null` until it is here. */
  readonly own = signal<MyProfile | null>(null);

  constructor(
    private readonly client: Quipu,
    private readonly people: People,
  ) {
    let online = false;
    client.inbox.subscribe((event) => {
      if (event.type === "profile") this.take(event.profile);
      if (event.type !== "change") return;
      const now = client.inbox.state.connection === "online";
      // Whatever changed while nobody listened.
      if (now && !online) void this.reload();
      online = now;
    });
  }

  /** Changes one's own. Rejects where it is refused. */
  async save(patch: PatchProfile): Promise<void> {
    this.take(await this.client.setProfile(patch));
  }

  /** Somebody's, as it is now. */
  async load(user: string): Promise<UserProfile> {
    const profile = await this.client.user(user);
    this.people.learnProfile(profile);
    return profile;
  }

  private async reload(): Promise<void> {
    try {
      this.take(await this.client.profile());
    } catch {
      // Nobody is waiting for it; the next connection asks again.
    }
  }

  private take(profile: MyProfile): void {
    const before = this.own.peek();
    if (before && (before.version ?? 0) > (profile.version ?? 0)) return;
    this.own.value = profile;
    this.people.learnProfile(profile);
  }
}
