// Evidence images come by their own road, often after the record: a place is kept, and asked for again.

import { h, replace, s } from "../dom.js";
import { t } from "../language.js";

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000];
const AT_ONCE = 2; // questions under way: the browser has six connections, the alerts need them more

const waiting = [];
let asking = 0;

/** "here", "denied", or "away" where it may still come. */
async function whereabouts(url) {
  try {
    const { ok, status } = await fetch(url, { method: "HEAD" });
    return ok ? "here" : status === 403 || status === 410 ? "denied" : "away";
  } catch {
    return "away";
  }
}

function pump() {
  while (asking < AT_ONCE && waiting.length) {
    const { url, answer } = waiting.shift();
    asking += 1;
    whereabouts(url).then((found) => {
      asking -= 1;
      answer(found);
      pump();
    });
  }
}

function ask(url) {
  return new Promise((answer) => {
    waiting.push({ url, answer });
    pump();
  });
}

/**
 * A figure showing the image at `url`; while it isn't there, a placeholder that tries again until it is, or until
 * the figure has left the page.
 * `boxes`: [{box: [x1,y1,x2,y2], name}] in the image's pixels, drawn over it.
 */
export function evidence(url, alt, { boxes = [], shape = "scene", onopen = null } = {}) {
  const figure = h("figure", { class: `evidence evidence-${shape}` });
  if (!url) {
    figure.append(placeholder("none_taken"));
    return figure;
  }
  let tries = 0;
  const show = () => {
    const image = h("img", { alt, decoding: "async", onerror: missed, onload: () => painted(figure, image, boxes) });
    image.src = url;
    replace(figure, onopen ? h("button", { class: "evidence-open", type: "button", title: t("evidence.enlarge"), onclick: onopen }, image) : image);
  };
  const missed = () => {
    replace(figure, placeholder("on_its_way"));
    setTimeout(again, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
  };
  const again = async () => {
    if (!figure.isConnected) return;
    const found = await ask(url);
    if (found === "here") show();
    else if (found === "denied") replace(figure, placeholder("denied"));
    else missed();
  };
  show();
  return figure;
}

function placeholder(why) {
  return h("div", { class: `evidence-missing evidence-${why}` }, h("span", {}, t(`evidence.${why}`)));
}

function painted(figure, image, boxes) {
  const { naturalWidth: width, naturalHeight: height } = image;
  if (!boxes.some(({ box }) => box)) return;
  const margin = Math.max(2, width / 300);
  image.after(
    s(
      "svg",
      { class: "evidence-boxes", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" },
      boxes
        .filter(({ box }) => box)
        .map(({ box: [x1, y1, x2, y2], name }) =>
          s("rect", {
            class: `box box-${name}`, x: x1 - margin, y: y1 - margin,
            width: x2 - x1 + 2 * margin, height: y2 - y1 + 2 * margin, rx: margin,
          }),
        ),
    ),
  );
}

/** The scene in a window of its own. */
export function enlarge(passage) {
  const dialog = h(
    "dialog",
    { class: "lightbox", "aria-label": t("evidence.scene"), onclick: () => dialog.close(), onclose: () => dialog.remove() },
    h("button", { class: "button lightbox-close", type: "button" }, t("close")),
    scene(passage),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** A passage's scene with the vehicle's and the plate's boxes. */
export function scene(passage, { onopen = null } = {}) {
  return evidence(passage.evidence.scene, t("evidence.scene"), {
    boxes: [
      { box: passage.vehicle_box, name: "vehicle" },
      { box: passage.plate_box, name: "plate" },
    ],
    onopen,
  });
}

export function plateCrop(passage) {
  return evidence(passage.evidence.plate, t("evidence.plate"), { shape: "plate" });
}
