"use strict";
// Whatever comes from a model or a person is shown by textContent, never as HTML.

const $ = (id) => document.getElementById(id);
const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });
let models = {};
let writing = null; // AbortController of the text that is being written
let written = { prompt: "", output: "" }; // and the model that wrote it
let chosen = []; // one or two pictures of the grid: {latent, class}
let edited = null; // the picture under the sliders
let numDrawn = 0, drawing = false, drawAgain = false;

function say(text, isError = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", isError);
}

async function ask(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  if ($("key").value) headers.Authorization = `Bearer ${$("key").value}`;
  const options = body ? { method: "POST", headers, body: JSON.stringify(body), signal } : { headers };
  const answer = await fetch(path, options);
  if (answer.ok) return answer;
  if (answer.status === 401) $("key-form").hidden = false;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.error?.message || `The server answers ${answer.status}.`);
}

// Runs an action; what goes wrong is said in one line.
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, true);
  }
}

async function listModels() {
  const { data } = await (await ask("v1/models")).json();
  models = Object.fromEntries(data.map((model) => [model.id, model]));
  const first = data.find((model) => model.kind === "transformer") || data[0];
  $("model").replaceChildren(...data.map((model) => {
    const large = model.kind === "chat" ? " (large: fetched on first use)" : "";
    return Object.assign(element("option", model.id + large), { value: model.id });
  }));
  $("model").value = first.id;
  $("model").disabled = false;
  showModel();
}

function current() {
  return models[$("model").value];
}

function showModel() {
  const model = current(), isImage = model.kind === "image";
  say("");
  writing?.abort();
  numDrawn++; // what is being drawn belongs to another model
  $("text").hidden = isImage;
  $("image").hidden = !isImage;
  $("class-label").hidden = !model.classes.length;
  $("class").replaceChildren(...["random", ...model.classes].map((name) => element("option", name)));
  choose([]);
  if (isImage) attempt(draw);
  else setWritten("", "");
}

// ---- Text

function setWritten(prompt, output, model) {
  written = { prompt, output, model };
  const given = current().kind === "chat" ? "" : prompt;
  $("written").replaceChildren(Object.assign(element("span", given), { className: "given" }), output);
}

// The events of a stream, each a parsed object.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      if (part === "data: [DONE]") return;
      yield JSON.parse(part.slice("data: ".length));
    }
  }
}

async function write() {
  writing?.abort();
  const model = current(), prompt = $("prompt").value, isChat = model.kind === "chat";
  const body = { model: model.id, stream: true };
  for (const id of ["max_tokens", "temperature", "top_p"]) body[id] = Number($(id).value);
  if ($("seed").value !== "") body.seed = Number($("seed").value);
  if (isChat) body.messages = [{ role: "user", content: prompt }];
  else body.prompt = prompt;
  const mine = (writing = new AbortController());
  $("stop").disabled = false;
  $("text-vote").hidden = true;
  setWritten(prompt, "");
  say("writing…");
  try {
    const begun = performance.now();
    const answer = await ask(isChat ? "v1/chat/completions" : "v1/completions", body, mine.signal);
    for await (const event of events(answer)) {
      if (event.error) throw new Error(event.error.message);
      for (const choice of event.choices) written.output += choice.delta ? choice.delta.content : choice.text;
      setWritten(prompt, written.output, event.model); // of an alias, the version
    }
    say(`${((performance.now() - begun) / 1000).toFixed(1)} seconds`);
  } finally {
    if (writing === mine) {
      writing = null;
      $("stop").disabled = true;
      $("text-vote").hidden = !written.output;
      if (mine.signal.aborted) say("stopped");
    }
    resetVotes();
  }
}

// ---- Pictures

async function pictures(body) {
  body = { model: current().id, size: "112x112", ...body };
  return (await (await ask("v1/images/generations", body)).json()).data;
}

const source = (picture) => `data:image/png;base64,${picture.b64_json}`;

async function draw() {
  await fillGrid({ prompt: $("class").value, n: Number($("n").value) }, "");
}

async function fillGrid(body, told) {
  const mine = ++numDrawn;
  say("drawing…");
  const found = await pictures(body);
  if (mine !== numDrawn) return; // another grid was asked for meanwhile
  say(told);
  choose([]);
  $("grid").replaceChildren(...found.map((picture, n) => {
    const button = Object.assign(element("button", ""), { type: "button" });
    const image = Object.assign(new Image(), { src: source(picture), alt: `Picture ${n + 1}` });
    button.append(image, picture.class || "");
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const others = chosen.filter((each) => each.button !== button);
      choose(others.length === chosen.length ? [...chosen.slice(-1), { ...picture, button }] : others);
    });
    return button;
  }));
}

function choose(list) {
  chosen = list;
  for (const button of $("grid").children) {
    button.setAttribute("aria-pressed", String(list.some((each) => each.button === button)));
  }
  $("between").disabled = list.length < 2;
  $("editor").hidden = !list.length;
  edited = list.length ? { ...list.at(-1), latent: [...list.at(-1).latent] } : null;
  if (!edited) return;
  $("edited").src = source(edited);
  resetVotes();
  $("sliders").replaceChildren(...edited.latent.map((value, n) => slider(value, n)));
}

const oneDigit = (value) => value.toFixed(1).replace("-0.0", "0.0");

function slider(value, n) {
  const label = element("label", `${n + 1} `), shown = element("output", oneDigit(value));
  const input = Object.assign(element("input", ""), { type: "range", min: -3, max: 3, step: 0.1, value });
  input.addEventListener("input", () => {
    edited.latent[n] = Number(input.value);
    shown.textContent = oneDigit(edited.latent[n]);
    attempt(redraw);
  });
  label.append(shown, input);
  return label;
}

// At most one request at a time: the latest position of the sliders is drawn last.
async function redraw() {
  drawAgain = true;
  if (drawing) return;
  drawing = true;
  try {
    while (drawAgain && edited) {
      drawAgain = false;
      const [picture] = await pictures({ prompt: edited.class || "random", latents: [edited.latent] });
      $("edited").src = source(picture);
    }
    resetVotes();
  } finally {
    drawing = false;
  }
}

async function interpolate() {
  const [from, to] = chosen, steps = 9;
  const latents = Array.from({ length: steps }, (_, n) => {
    const share = n / (steps - 1);
    return from.latent.map((value, i) => (1 - share) * value + share * to.latent[i]);
  });
  const told = `From the first to the second in ${steps} steps${to.class ? `, all as ${to.class}` : ""}.`;
  await fillGrid({ prompt: to.class || "random", latents }, told);
}

// ---- Votes

function resetVotes() {
  for (const button of document.querySelectorAll(".vote button")) button.disabled = false;
}

async function vote(button) {
  const body = { model: current().id, rating: button.dataset.rating };
  if (current().kind === "image") Object.assign(body, { prompt: edited.class || "random", latent: edited.latent });
  else Object.assign(body, written, { output: written.output.slice(0, 20000) });
  await ask("feedback", body);
  for (const each of button.parentElement.children) each.disabled = true;
  say("Thank you: your vote is stored.");
}

// ---- Start

for (const input of document.querySelectorAll(".settings input[type=range]")) {
  const show = () => (input.previousElementSibling.textContent = input.value);
  input.addEventListener("input", show);
  show();
}
$("model").addEventListener("change", showModel);
$("key-form").addEventListener("submit", (event) => { event.preventDefault(); attempt(listModels); });
$("class").addEventListener("change", () => attempt(draw));
$("stop").addEventListener("click", () => writing?.abort());
$("between").addEventListener("click", () => attempt(interpolate));
$("text").addEventListener("submit", (event) => { event.preventDefault(); attempt(write); });
$("image").addEventListener("submit", (event) => { event.preventDefault(); attempt(draw); });
$("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("text").requestSubmit();
});
for (const button of document.querySelectorAll(".vote button")) {
  button.addEventListener("click", () => attempt(() => vote(button)));
}
attempt(listModels);
