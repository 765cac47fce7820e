"""Optimizers and schedules against a living Keras: signatures, the order of slots, state handed over."""

import inspect

import keras_optimizer_cases as cases
import minicnn_side_optimizers as ours
import numpy as np
import pytest

from minicnn import optimizers, schedules

KINDS = list(cases.RATES)


@pytest.fixture(scope="module")
def theirs(keras):
    """Keras's side of these cases."""
    import keras_side_optimizers

    return keras_side_optimizers


def arguments(kind):
    return {name: (argument.default, argument.kind) for name, argument in inspect.signature(kind).parameters.items()}


@pytest.mark.parametrize("kind", [*KINDS, "schedules.ExponentialDecay", "schedules.CosineDecay",
                                  "schedules.PiecewiseConstantDecay"])
def test_arguments_defaults_and_their_order(keras, kind):
    found, expected = optimizers, keras.optimizers
    for name in kind.split("."):
        found, expected = getattr(found, name), getattr(expected, name)
    found, expected = arguments(found), arguments(expected)
    assert {name: default for name, (default, _) in found.items()} == {name: expected[name][0] for name in found}
    positional = [name for name, (_, how) in found.items() if how is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == list(expected)[:len(positional)]


@pytest.mark.parametrize("kind", KINDS)
def test_names(keras, kind):
    for name in (kind, kind.lower(), kind.upper()):
        assert type(optimizers.get(name)).__name__ == kind
    assert isinstance(keras.optimizers.get(optimizers.get(kind).name), getattr(keras.optimizers, kind))


@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=lambda case: case.name)
def test_slots_have_the_names_and_the_order_of_kerass_variables(keras, theirs, case):
    built = theirs.make(keras, case)
    built.build([keras.Variable(p, name=name) for name, p in cases.parameters(case, "float32").items()])
    names = [v.name for v in theirs.slots(built)]
    assert names == [f"{key}_{slot}" for slot, key in ours.make(case).slot_order(cases.SHAPES)]
    # Behind the number of updates and, where it is a number, the learning rate.
    before = ["iteration"] if case.arguments["extra"] in ("exponential", "cosine") else ["iteration", "learning_rate"]
    assert [v.name for v in built.variables] == before + names


@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=lambda case: case.name)
def test_what_one_library_began_the_other_goes_on_with(keras, theirs, case):
    """As a file would hand it over: 7 steps of minicnn, then Keras; and the same paths from there."""
    import keras_side

    half = 7
    mine, moved = ours.make(case), cases.parameters(case, "float64")
    with keras_side.float_type("float64"):
        other = theirs.make(keras, case)
        variables = [keras.Variable(np.zeros(shape), dtype="float64") for shape in cases.SHAPES.values()]
        other.build(variables)
        for step in range(cases.STEPS):
            if step == half:
                for variable, value in zip([*variables, *theirs.slots(other)], [*moved.values(), *ours.slots(mine)],
                                           strict=True):
                    variable.assign(value)
                other.iterations.assign(mine.iterations)
            gradients = cases.gradients(case, step, "float64")
            mine.apply(zip(moved, moved.values(), gradients, strict=True))
            if step >= half:
                theirs.update(keras, other, variables, gradients)
                np.testing.assert_allclose(ours.flat(list(moved.values())), theirs.flat(variables), rtol=1e-12)
        np.testing.assert_allclose(ours.flat(ours.slots(mine)), theirs.flat(theirs.slots(other)), rtol=1e-12,
                                   atol=1e-15)


@pytest.mark.parametrize("case", cases.DECAYS, ids=lambda case: case.name)
def test_many_steps_of_a_schedule(keras, case):
    import keras_side

    steps = [*range(300), *range(300, 20_000, 61)]
    with keras_side.float_type("float64"):
        schedule = cases.decay(case, keras.optimizers.schedules)
        expected = np.array([float(schedule(step)) for step in steps])
    mine = cases.decay(case, schedules)
    np.testing.assert_allclose([mine(step) for step in steps], expected, rtol=1e-12, atol=1e-300)
