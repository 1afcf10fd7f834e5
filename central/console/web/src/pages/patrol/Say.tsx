// What the unit says: large buttons at the thumb, the likely one first. What can't be taken back asks once more.
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import type { Dispatch } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { Icon } from "../../parts/Icon";
import type { Outbox } from "../../phone/outbox";
import { shrink } from "../../phone/photo";
import type { CrewMove, Queued } from "../../phone/store";
import { movesLeft } from "./moves";

const MOST_PHOTOS = 6;
interface Asked {
  ask: Key;
  sure: Key;
}
const ASKS: Partial<Record<CrewMove, Asked>> = {
  intercepted: { ask: "say.intercepted.ask", sure: "say.intercepted.sure" },
  missed: { ask: "say.missed.ask", sure: "say.missed.sure" },
  feedback: { ask: "say.feedback.ask", sure: "say.feedback.sure" },
};

interface SayProps {
  dispatch: Dispatch;
  waiting: Queued[];
  outbox: Outbox;
}

export function Say({ dispatch, waiting, outbox }: SayProps) {
  const { t } = useSpeech();
  const [asking, setAsking] = useState<CrewMove | null>(null);
  const moves = movesLeft(dispatch, waiting);
  const say = async (
    step: CrewMove,
    words: Partial<Pick<Queued, "note" | "identity_checked" | "photos">> = {},
  ) => {
    setAsking(null);
    await outbox.put({
      alert_id: dispatch.alert_id,
      plate: dispatch.wanted.plate_display,
      step,
      note: "",
      identity_checked: null,
      photos: [],
      ...words,
    });
  };
  if (dispatch.ended) return <p className="say say-over">{t("say.over")}</p>;
  if (!moves.length) return <p className="say say-over">{t("say.wait")}</p>;
  const open = asking && moves.includes(asking) ? asking : null;
  const asks = open && ASKS[open];
  return (
    <div className="say" role="group" aria-label={t("say.title")}>
      {open && asks ? (
        <SayForm
          key={open}
          step={open}
          asked={asks}
          say={(words) => void say(open, words)}
          cancel={() => setAsking(null)}
        />
      ) : (
        moves.map((step, at) => (
          <button
            key={step}
            type="button"
            className={`say-button ${at === 0 ? "say-first" : ""} say-${step}`}
            data-say={step}
            onClick={() => (ASKS[step] ? setAsking(step) : void say(step))}
          >
            {t(`say.${step}`)}
          </button>
        ))
      )}
    </div>
  );
}

interface FormProps {
  step: CrewMove;
  asked: Asked;
  say: (words: { note: string; identity_checked: boolean | null; photos: Blob[] }) => void;
  cancel: () => void;
}

function SayForm({ step, asked, say, cancel }: FormProps) {
  const { t } = useSpeech();
  const feedback = step === "feedback";
  const [note, setNote] = useState("");
  const [identity, setIdentity] = useState<boolean | null>(null);
  const [photos, setPhotos] = useState<Blob[]>([]);
  const [wrong, setWrong] = useState<Key | null>(null);
  const head = useRef<HTMLLabelElement>(null);
  useEffect(() => {
    head.current?.scrollIntoView({ block: "nearest" }); // newer browsers answer a promise: no clean-up
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (feedback && identity === null) setWrong("feedback.identity.missing");
    else say({ note: note.trim(), identity_checked: feedback ? identity : null, photos });
  };
  const add = async (files: FileList | null) => {
    setWrong(null);
    for (const file of [...(files ?? [])].slice(0, MOST_PHOTOS - photos.length)) {
      try {
        const small = await shrink(file);
        setPhotos((before) => [...before, small]);
      } catch {
        setWrong("feedback.photo.none");
      }
    }
  };
  return (
    <form className="say-form" onSubmit={submit}>
      <label ref={head} htmlFor="say-note">
        {t(asked.ask)}
      </label>
      <textarea
        id="say-note"
        rows={feedback ? 3 : 2}
        maxLength={1000}
        required={feedback}
        value={note}
        onChange={({ target }) => setNote(target.value)}
      />
      {feedback && (
        <>
          <fieldset className="identity">
            <legend>{t("feedback.identity")}</legend>
            {[true, false].map((yes) => (
              <label key={String(yes)} className="identity-choice">
                <input
                  type="radio"
                  name="identity"
                  checked={identity === yes}
                  onChange={() => {
                    setIdentity(yes);
                    setWrong(null);
                  }}
                />
                {t(yes ? "feedback.identity.yes" : "feedback.identity.no")}
              </label>
            ))}
          </fieldset>
          <div className="photos">
            {photos.map((photo, at) => (
              <Photo
                key={at}
                photo={photo}
                remove={() => setPhotos((before) => before.filter((each) => each !== photo))}
              />
            ))}
            {photos.length < MOST_PHOTOS && (
              <label className="photo-add">
                <Icon name="camera" />
                {t("feedback.photo.add")}
                <input
                  type="file"
                  accept="image/*"
                  capture="environment"
                  multiple
                  className="visually-hidden"
                  data-photo="add"
                  onChange={({ target }) => {
                    void add(target.files).then(() => {
                      target.value = "";
                    });
                  }}
                />
              </label>
            )}
          </div>
        </>
      )}
      {wrong && (
        <p className="complaint" role="alert">
          {t(wrong)}
        </p>
      )}
      <button className={`say-button say-first say-${step}`} type="submit" data-say={`${step}-sure`}>
        {t(asked.sure)}
      </button>
      <button className="say-button" type="button" onClick={cancel}>
        {t("cancel")}
      </button>
    </form>
  );
}

function Photo({ photo, remove }: { photo: Blob; remove: () => void }) {
  const { t } = useSpeech();
  const canvas = useRef<HTMLCanvasElement>(null);
  // Drawn, not linked to: the content policy allows no blob: addresses.
  useEffect(() => {
    let gone = false;
    void createImageBitmap(photo, { resizeWidth: 160, resizeQuality: "medium" }).then((picture) => {
      if (gone || !canvas.current) return;
      canvas.current.width = picture.width;
      canvas.current.height = picture.height;
      canvas.current.getContext("2d")?.drawImage(picture, 0, 0);
    });
    return () => {
      gone = true;
    };
  }, [photo]);
  return (
    <figure className="photo">
      <canvas ref={canvas} role="img" aria-label={t("feedback.photo")} />
      <button className="photo-remove" type="button" aria-label={t("feedback.photo.remove")} onClick={remove}>
        <Icon name="clear" />
      </button>
    </figure>
  );
}
