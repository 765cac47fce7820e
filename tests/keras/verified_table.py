"""Print what was compared with Keras, as a Markdown table: each layer, the options that were varied, and how far the
answers are apart. Run it in this folder: ``python verified_table.py``. It needs the stored answers and no Keras.
"""

from typing import Any

import keras_cases as cases
import keras_networks as nets
import keras_references as references
import minicnn_side
from keras_cases import Case

COMPARED_ELSEWHERE = {case.name for case in (*cases.DRAWS, nets.STEPS_CASE)}


def subject(case: Case) -> str:
    """What a case is about: the class or function it names, or else its family."""
    named = [case.arguments[key] for key in ("layer", "loss", "kind", "function", "activation")
             if isinstance(case.arguments.get(key), str)]
    return f"{case.family}: {named[0]}" if named else case.family


def options_of(group: list[Case]) -> str:
    """The options that were varied in a group, each with its values."""
    seen: dict[str, list[str]] = {}
    for case in group:
        inner = case.arguments.get("options")
        given: dict[str, Any] = {**case.arguments, **(inner if isinstance(inner, dict) else {})}
        for key, value in given.items():
            text = "x".join(map(str, value)) if isinstance(value, tuple) and all(
                isinstance(part, int) for part in value) else str(value)
            if not isinstance(value, dict) and text not in seen.setdefault(key, []):
                seen[key].append(text)
    varied = [f"{key} {', '.join(values) if len(', '.join(values)) < 60 else f'({len(values)} values)'}"
              for key, values in seen.items() if len(values) > 1]
    return "; ".join(varied) or "one case"


def deviation(group: list[Case], answers: references.Answers, dtype: str) -> float:
    """The largest of a group, over all arrays of all answers."""
    return max(references.deviation(array, answers[case.name][key])
               for case in group for key, array in minicnn_side.answer(case, dtype).items())


def main() -> None:
    print("| what | options, in all combinations tried | cases | float32 | float64 |\n|---|---|---:|---:|---:|")
    for file, listed in references.FILES.items():
        about, answers = references.read(file)
        groups: dict[str, list[Case]] = {}
        for case in listed:
            if case.name in answers and case.name not in COMPARED_ELSEWHERE:
                groups.setdefault(subject(case), []).append(case)
        for name, group in groups.items():
            figures = " | ".join(f"{deviation(group, answers, dtype):.1e}" for dtype in ("float32", "float64"))
            print(f"| {name} | {options_of(group)} | {len(group)} | {figures} |")
    print(f"\nLargest deviation, relative to the largest number of an array, of outputs and of all gradients, from "
          f"Keras {about['keras']} on {about['backend']}; the answers of convolutions and pools are stored in float32.")


if __name__ == "__main__":
    main()
