import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/channels.ts", "src/devices.ts", "src/directory.ts", "src/invites.ts", "src/members.ts", "src/moderation.ts", "src/people.ts", "src/polls.ts", "src/presence.ts", "src/saved.ts", "src/spaces.ts", "src/threads.ts", "src/verify.ts"],
  format: "esm",
  platform: "neutral",
  target: "es2023",
  dts: true,
  publint: true,
});
