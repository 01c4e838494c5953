// Single keys for those who work a list: "/" goes to the search, letters press what is
// marked with them. Nothing happens while somebody types, with Ctrl, Alt or Meta held, or on a page
// whose body says data-shortcuts="off", as those wish who speak to their computer.
//
// aria-keyshortcuts="g"  on a link, button or summary: pressed by that key; on a field: reached by it.
//                        Show it in a <kbd>. A summary that opens hands on to its first field.
// data-step              on the links of a list: "j" goes to the next of them, "k" to the one before.
// name="q" in .find      the search field of the layout: reached by "/".

function typing(element) {
  return element.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName);
}

// The step of a list beside the one that has the focus; the first if none has it.
function step(by) {
  const steps = [...document.querySelectorAll("[data-step]")];
  const at = steps.indexOf(document.activeElement);
  return at < 0 ? steps[0] : steps[at + by];
}

function meant(key) {
  if (key === "/") return document.querySelector(".find input");
  return [...document.querySelectorAll("[aria-keyshortcuts]")].find(
    (element) => element.getAttribute("aria-keyshortcuts") === key && !element.disabled);
}

function press(element) {
  if (typing(element)) {
    element.focus();
    element.select?.();
    return;
  }
  element.click();
  if (element.parentElement.open) element.parentElement.querySelector("select, textarea")?.focus();
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (typing(event.target) || document.body.dataset.shortcuts === "off") return;
  const element = meant(event.key);
  const next = element ?? { j: () => step(1), k: () => step(-1) }[event.key]?.();
  if (!next || element && event.repeat) return;
  event.preventDefault();
  if (element) press(element);
  else next.focus();
});
