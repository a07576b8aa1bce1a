import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the server; the built client is served by the server itself. */
const server = "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [preact()],
  build: {
    target: "es2022",
    // The content security policy allows no data: scripts or styles, and the assets are small anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": { target: server, ws: true } },
  },
});
