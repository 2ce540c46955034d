// Each event in a pixel's query.

import { drive } from "./run.mjs";
import { play } from "./snowplow_node.mjs";

await drive(play("get"));
