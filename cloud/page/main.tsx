import { render } from "preact";
import { App } from "./app.tsx";
import { network } from "./live.ts";
import { followLinks } from "./router.ts";
import { settings } from "./settings.ts";

settings.watch();
followLinks();
void network.open();
render(<App />, document.body);
