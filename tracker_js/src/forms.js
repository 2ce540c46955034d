import { on } from "./safely.js";

const FIELDS = ["email", "name", "company", "title"];

/** @typedef {(name: string, properties: object) => void} Track */
/** @typedef {(traits: Record<string, string>) => void} Identify */

/**
 * A form that says `data-leadstream-form="inquiry"` is told when it is sent, by name only. Who sent it is told only
 * where the form also says `data-leadstream-identify`: its e-mail, name, company and title, and nothing else.
 *
 * @param {Track} track
 * @param {Identify} identify
 */
export const listen = (track, identify) =>
  on(document, "submit", ({ target: form }) => {
    const name = form.getAttribute("data-leadstream-form");
    if (!name) return;
    if (form.hasAttribute("data-leadstream-identify")) {
      /** @type {Record<string, string>} */
      const traits = {};
      for (const { type, name, value } of form.querySelectorAll("input")) {
        const field = type === "email" ? type : name;
        if (FIELDS.includes(field) && type !== "password" && value) traits[field] = value;
      }
      if (traits.email) identify(traits);
    }
    track("form_submitted", { form: name });
  });
