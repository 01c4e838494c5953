// Single keys for those who work a list: "/" goes to the search, letters press what is
// marked with them. Nothing happens while somebody types, with Ctrl, Alt or Meta held, or on a page
// whose body says data-shortcuts="off", as those wish who speak to their computer.
//
// aria-keyshortcuts="g"  on a link or button: pressed by that key; show it in a <kbd> inside.
// name="q" in .find      the search field of the layout: reached by "/".

function typing(element) {
  return element.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName);
}

function meant(key) {
  if (key === "/") return document.querySelector(".find input");
  return [...document.querySelectorAll("[aria-keyshortcuts]")].find(
    (element) => element.getAttribute("aria-keyshortcuts") === key && !element.disabled);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (typing(event.target) || document.body.dataset.shortcuts === "off") return;
  const element = meant(event.key);
  if (!element) return;
  event.preventDefault();
  if (typing(element)) element.focus();
  else element.click();
});
