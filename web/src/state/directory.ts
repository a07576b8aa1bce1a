import { signal } from "@preact/signals";
import type { Quipu } from "@quipu/client";
import { type DirectorySettings, directorySettings, type FoundPage, findPeople, setListed } from "@quipu/client/directory";

/** The directory of people: whether there is one, whether the person is found in it, and who else. */
export class DirectoryModel {
  /** As it was last told; null while nobody has asked. */
  readonly settings = signal<DirectorySettings | null>(null);

  private asked = 0;

  constructor(private readonly client: Quipu) {}

  /** Whether people can be found by name. */
  get available(): boolean {
    return this.settings.value?.available ?? false;
  }

  /** Asks again: it may have changed on another device. */
  load(): Promise<void> {
    return this.take(directorySettings(this.client));
  }

  setListed(listed: boolean): Promise<void> {
    return this.take(setListed(this.client, listed));
  }

  /** Of several answers the last that was asked for counts. */
  private async take(asked: Promise<DirectorySettings>): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    const settings = await asked;
    if (mine === this.asked) this.settings.value = settings;
  }

  find(q: string, signal: AbortSignal): Promise<FoundPage> {
    return findPeople(this.client, { q, signal });
  }
}
