import assert from "node:assert/strict";
import { test } from "node:test";
import type { InboxEntry } from "@quipu/client";
import { isSpace, parted } from "./spaces.ts";

const entry = (id: string, more: Partial<InboxEntry> = {}): InboxEntry =>
  ({ id, kind: id.startsWith("s") ? "space" : "group", name: id.slice(1), unread: 0, ...more }) as InboxEntry;
const titleOf = ({ name }: InboxEntry): string => name ?? "";
const muted = ({ muted_until: until = 0 }: InboxEntry): boolean => until > 0;

test("channels stand beneath their space, by name, and their counts are summed", () => {
  const list = [
    entry("gquay", { space: "sharbour", unread: 3, mentions: 1 }),
    entry("galone", { unread: 9 }),
    entry("sworks"),
    entry("gdeck", { space: "sharbour", unread: 4 }),
    entry("gloud", { space: "sharbour", unread: 50, mentions: 2, muted_until: 1 }),
    entry("sharbour"),
  ];
  const { spaces, rest } = parted(list, titleOf, muted);
  assert.deepEqual(spaces.map(({ space, channels, unread, mentions }) => [space.id, channels.map(({ id }) => id), unread, mentions]), [
    ["sharbour", ["gdeck", "gloud", "gquay"], 7, 3],
    ["sworks", [], 0, 0],
  ]);
  assert.deepEqual(rest.map(({ id }) => id), ["galone"]);
});

test("a channel whose space is not in the list stands for itself; a muted space counts nothing", () => {
  const { spaces, rest } = parted([entry("gquay", { space: "sfar" }), entry("gdeck", { space: "shere", unread: 2 }), entry("shere", { muted_until: 1 })], titleOf, muted);
  assert.deepEqual([spaces.map(({ unread }) => unread), rest.map(({ id }) => id)], [[0], ["gquay"]]);
  assert.deepEqual([isSpace("sg0"), isSpace("gg0"), isSpace("dg0")], [true, false, false]);
});
