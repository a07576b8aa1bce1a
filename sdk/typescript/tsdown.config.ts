import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/invites.ts", "src/moderation.ts", "src/presence.ts", "src/saved.ts", "src/threads.ts", "src/verify.ts", "src/people.ts", "src/channels.ts"],
  format: "esm",
  platform: "neutral",
  target: "es2023",
  dts: true,
  publint: true,
});
