// What every driver does: reads who to be from stdin, plays the journey at every door at once, says what was logged.

import { text } from "node:stream/consumers";

const asked = JSON.parse(await text(process.stdin));
const doors = Object.entries(asked.doors);

// `play({url, key, patience_s, journey, log})` sends one journey with one client, until all is delivered or given up.
export async function drive(play) {
  const noise = [];
  console.error = (...said) => noise.push(said.map(String).join(" "));
  process.on("unhandledRejection", (error) => noise.push(`unhandled: ${error}`));
  const logged = await Promise.all(
    doors.map(async ([name, door]) => {
      const said = [];
      await play({ ...door, journey: asked.journey, log: (line) => said.push(String(line)) });
      return [name, said];
    }),
  );
  process.stdout.write(JSON.stringify({ errors: Object.fromEntries(logged), noise }));
  process.exit(0);
}
