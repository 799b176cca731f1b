import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { picturesAmong } from "./picture-file.ts";

interface FileChoiceProps {
  /** Says that files may be dropped, too. */
  readonly label: string;
  readonly multiple?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
  readonly children?: ComponentChildren;
}

const isOver = signal(false);

/** Takes pictures from files: by a dialogue, or dropped onto it. */
export function FileChoice({ label, multiple = false, onFiles, children }: FileChoiceProps) {
  const id = useId();
  return (
    <div
      class={isOver.value ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        onFiles(picturesAmong(event.dataTransfer?.files));
      }}
    >
      {children}
      <p>
        <label for={id}>{label}</label>
        <input
          id={id}
          type="file"
          accept="image/*"
          multiple={multiple}
          onChange={({ currentTarget }) => {
            onFiles(picturesAmong(currentTarget.files));
            // The same file may be chosen again.
            currentTarget.value = "";
          }}
        />
      </p>
    </div>
  );
}
