import { useId } from "preact/hooks";

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly largest: number;
  readonly step?: number;
  /** The value as people say it; it is shown beside the label. */
  readonly said?: string;
  readonly onValue: (value: number) => void;
}

export function Slider({ label, value, least, largest, step = 1, said, onValue }: SliderProps) {
  const id = useId();
  // The value is no part of the label, which would belong to it rather than to the slider.
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {said !== undefined && <output for={id}>{said}</output>}
      <input
        id={id}
        type="range"
        min={least}
        max={largest}
        step={step}
        value={value}
        aria-valuetext={said}
        onInput={({ currentTarget }) => onValue(currentTarget.valueAsNumber)}
      />
    </div>
  );
}
