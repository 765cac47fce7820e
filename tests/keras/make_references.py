"""Ask Keras all the cases, and store its answers in ``references/``::

    KERAS_BACKEND=torch python tests/keras/make_references.py

Keras computes in float64. The same versions of Keras, torch and NumPy write the same bytes. To be run again
when a case is added; then look at what changed in the numbers that were there before (the script prints it).
"""

import sys

import keras_references as references
import keras_side
import numpy as np
import summary_references
from keras_cases import Case


def main() -> None:
    keras_side.choose_backend()
    import keras
    import torch

    if keras.backend.backend() != "torch":
        sys.exit("The gradients are taken with torch: run this with KERAS_BACKEND=torch.")
    torch.set_num_threads(1)  # the order of sums does not depend on the machine's number of cores
    about = {"keras": keras.__version__, "backend": f"torch {torch.__version__}", "numpy": np.__version__,
             "seed": "zlib.crc32 of the name of the case and of the array", "computed in": "float64"}
    references.FOLDER.mkdir(exist_ok=True)
    for name, cases in references.FILES.items():
        answers, refused = ask(cases)
        changed = changes(name, answers)
        size = references.write(name, answers, refused, about)
        print(f"{name:14} {len(answers):4} answers, {len(refused):3} refused, {size:8,} bytes; {changed}")
    summary_references.write(keras, print)


def ask(cases: list[Case]) -> tuple[references.Answers, dict[str, str]]:
    """Keras's answers, and what it says where it refuses."""
    answers: references.Answers = {}
    refused: dict[str, str] = {}
    for case in cases:
        try:
            answers[case.name] = keras_side.stored_answer(case)
        except ValueError as refusal:
            refused[case.name] = str(refusal)
    return answers, refused


def changes(name: str, answers: references.Answers) -> str:
    """By how much the answers differ from those that are stored so far."""
    try:
        _, before = references.read(name)
    except FileNotFoundError:
        return "new"
    both = [(answers[case], before[case]) for case in before if case in answers]
    errors = [references.deviation(new[key].astype(old[key].dtype), old[key])
              for new, old in both for key in old if key in new]
    return f"{len(both)} of them stored before, largest change {max(errors, default=0):.1e}"


if __name__ == "__main__":
    main()
