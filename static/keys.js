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
// data-reveal            on the form that reveals a key of a list: the key comes into the row's [data-masked]
//                        and goes again after 60 s. data-left-text as above, here or on what is around.
// data-copy-key          on a button with the attribute hidden, which is taken away here: copies the key that
//                        its row's data-reveal form answers, without showing it. data-done-text and
//                        data-failed-text as above, here or on what is around.
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

// A button says for a while what became of its press.
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

// The key of a row, in clear. Whatever else comes back (signed out, refused) is for a
// page of its own: the caller lets the form go its usual way.
async function fetchKey(path, purpose) {
  const answer = await fetch(path, {
    method: "POST", redirect: "error", headers: { Accept: "text/plain" }, body: new URLSearchParams({ purpose }),
  });
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/plain")) throw new Error("no key");
  return answer.text();
}

const shownFor = 60;

function showKey(form, key) {
  const place = form.closest(".key").querySelector("[data-masked]");
  const masked = [...place.childNodes];
  const button = form.querySelector("button");
  const left = document.createElement("span");
  const end = Date.now() + shownFor * 1000;
  left.className = "hides";
  place.replaceChildren(key);
  button.hidden = true;
  form.append(left);
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds <= 0) {
      place.replaceChildren(...masked);
      left.remove();
      button.hidden = false;
      return;
    }
    left.textContent = form.closest("[data-left-text]").dataset.leftText.replace("#", seconds);
    setTimeout(tick, 1000);
  };
  tick();
}

function enableRevealing(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = await fetchKey(form.action, "show").catch(() => null);
    if (key === null) return form.submit();
    showKey(form, key);
  });
}

function enableCopyingUnseen(button) {
  const label = button.querySelector("span");
  const usual = label.textContent;
  const texts = button.closest("[data-done-text]").dataset;
  const form = button.closest(".key").querySelector("[data-reveal]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let text = texts.doneText;
    try {
      await copy(await fetchKey(form.action, "copy"));
    } catch {
      text = texts.failedText;
    }
    label.textContent = text;
    announce(text);
    setTimeout(() => { label.textContent = usual; }, 4000);
  });
}

document.querySelectorAll("[data-reveal]").forEach(enableRevealing);
document.querySelectorAll("[data-copy-key]").forEach(enableCopyingUnseen);
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
