import { render } from "preact";
import { App } from "./app.tsx";
import { reporting, start } from "./studio.ts";

const root = document.createElement("div");
document.body.prepend(root);
render(<App />, root);
reporting(start());
