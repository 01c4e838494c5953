// Copying, and hiding what was revealed. Everything works without this file: the server
// hides a revealed key by itself, and a key in clear can be selected.
//
// data-copy="id"         on a button with the attribute hidden, which is taken away here: copies the text
//                        of the element with that id, or of data-copy-value if that is set. data-done-text
//                        and data-failed-text are the label and the announcement afterwards; the label
//                        stands in a <span> of the button.
// data-hides-in="60"     on an element: the seconds until its page goes; data-back is the address then gone
//                        to, data-left-text its text meanwhile, with # for the seconds left.
// data-secret            on an element with a key in clear: emptied before the page is left that way.
// id="live"              an empty element with aria-live="polite" in the layout: says what happened.

const live = document.getElementById("live");

function announce(text) {
  if (live && text) live.textContent = text;
}

// Where the page came over plain HTTP there is no navigator.clipboard, and elsewhere it may
// be forbidden: an old way is left.
async function copy(text) {
  try {
    return await navigator.clipboard.writeText(text);
  } catch { /* the old way, then */ }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("not copied");
}

function enableCopying(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span") || button;
  const usual = label.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let text = button.dataset.doneText;
    try {
      await copy(button.dataset.copyValue ?? source.textContent.trim());
    } catch {
      text = button.dataset.failedText;
      if (source) getSelection().selectAllChildren(source); // one key press away
    }
    label.textContent = text || usual;
    announce(text);
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = usual; }, 4000);
  });
}

function leave(element) {
  for (const secret of document.querySelectorAll("[data-secret]")) secret.textContent = "";
  location.replace(element.dataset.back);
}

// Timers stand still in a tab that isn't seen: what counts is the time of day.
function countDown(element) {
  const end = Date.now() + Number(element.dataset.hidesIn) * 1000;
  const text = element.dataset.leftText;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) return leave(element);
    if (text) element.textContent = text.replace("#", left);
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  document.addEventListener("visibilitychange", () => { if (Date.now() >= end) leave(element); });
  tick();
}

document.querySelectorAll("[data-copy]").forEach(enableCopying);
document.querySelectorAll("[data-hides-in]").forEach(countDown);

// Back may bring a page out of the browser's memory, with a key that went or after the
// session did. The page of a revealed key answered a post, so it isn't asked for again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  const hides = document.querySelector("[data-hides-in]");
  if (hides) leave(hides);
  else location.reload();
});
