import { Slider } from "./slider.tsx";
import { address, change, opened, wantedClasses } from "./studio.ts";

const TEMPERATURE = { least: 0.1, largest: 2, step: 0.05 };

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly largest: number;
  readonly onValue: (value: number) => void;
}

/** A whole number from 0. */
export function NumberField({ label, value, largest, onValue }: NumberFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        min="0"
        max={largest}
        step="1"
        value={value}
        onChange={({ currentTarget }) => {
          const given = currentTarget.valueAsNumber;
          if (Number.isInteger(given) && given >= 0 && given <= largest) onValue(given);
          else currentTarget.value = String(value);
        }}
      />
    </label>
  );
}

/** What decides which pictures are drawn, besides their numbers: seed, temperature and class. */
export function SamplingControls() {
  const { seed, temperature } = address.value;
  return (
    <>
      <NumberField
        label="Seed"
        value={seed}
        largest={Number.MAX_SAFE_INTEGER}
        onValue={(value) => change({ seed: value, pixel: undefined })}
      />
      <Slider
        label="Temperature"
        value={temperature}
        {...TEMPERATURE}
        said={String(temperature)}
        onValue={(value) => change({ temperature: value, pixel: undefined })}
      />
      <ClassChoice none="all in turn" />
    </>
  );
}

/** Chooses a class, if the network knows any; `none` is what it means to choose none. */
export function ClassChoice({ none }: { readonly none: string }) {
  const { classes } = opened.value!;
  if (classes.length === 0) return null;
  return (
    <label class="field">
      Class
      <select
        value={wantedClasses.value?.[0] ?? ""}
        onChange={({ currentTarget: { value } }) =>
          change({ class: value === "" ? undefined : value, pixel: undefined })
        }
      >
        <option value="">{none}</option>
        {classes.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
