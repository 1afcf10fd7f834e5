// Parts of a page, each at an address of its own.
import { type Key, useSpeech } from "../base/language";
import { address } from "../base/route";

interface PartsProps<Name extends string> {
  page: string;
  /** Names the choice. */
  label: Key;
  parts: readonly Name[];
  open: Name;
  text: (name: Name) => string;
}

export function PartLinks<Name extends string>({ page, label, parts, open, text }: PartsProps<Name>) {
  const { t } = useSpeech();
  return (
    <nav className="tabs part-links" aria-label={t(label)}>
      {parts.map((name) => (
        <a
          key={name}
          className="tab"
          href={address(page, name)}
          aria-current={name === open ? "page" : undefined}
        >
          {text(name)}
        </a>
      ))}
    </nav>
  );
}
