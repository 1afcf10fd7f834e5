// A window over the page: the browser's own dialog, which holds the focus and closes with Escape.
import { type ReactNode, useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { useSpeech } from "../base/language";

interface WindowProps {
  label: string;
  head?: ReactNode;
  children: ReactNode;
  close: () => void;
  className?: string;
}

export function Window({ label, head, children, close, className = "" }: WindowProps) {
  const { t } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return createPortal(
    <dialog
      ref={dialog}
      className={`window ${className}`}
      aria-label={label}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <header className="window-head">
        {head ?? <h2>{label}</h2>}
        <button className="button" type="button" onClick={close}>
          {t("close")}
        </button>
      </header>
      {children}
    </dialog>,
    document.body,
  );
}
