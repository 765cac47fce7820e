"""Where batches come from: which rows, in which order, with which weights."""

import numpy as np
import pytest

from minicnn import MinicnnError
from minicnn.feeding import ArrayFeed, GeneratorFeed, IterableFeed, as_batch, split, weigh_classes

X, Y = np.arange(10), np.arange(10) + 100


def rows(feed, seed=1, epoch=0, start=0):
    return [batch.x.tolist() for batch in feed.batches(seed, epoch, start)]


def flat(batches):
    return [row for batch in batches for row in batch]


@pytest.mark.parametrize(("count", "size", "lengths"), [
    (10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 8, [3]), (1, 1, [1])])
def test_batches_in_order(count, size, lengths):
    feed = ArrayFeed(X[:count], Y[:count], batch_size=size, shuffle=False)
    assert feed.steps == len(lengths)
    assert [len(batch) for batch in rows(feed)] == lengths
    assert flat(rows(feed)) == list(range(count))
    assert all((batch.y == batch.x + 100).all() for batch in feed.batches(0, 0))


def test_shuffling_depends_on_seed_and_epoch_alone():
    feed, twin = (ArrayFeed(X, Y, batch_size=3) for _ in range(2))
    assert rows(feed) != rows(feed, epoch=1) != rows(feed, seed=2)
    assert rows(feed) != rows(feed, seed=2)  # of the same epoch, one after the other: the order is kept for one seed
    assert sorted(flat(rows(feed))) == list(range(10))
    assert rows(twin, epoch=1) == rows(feed, epoch=1)
    assert rows(feed, start=2) == rows(twin)[2:]


def test_an_epoch_of_few_steps_ends_early_and_the_next_goes_on():
    feed = ArrayFeed(X, Y, batch_size=2, steps_per_epoch=3)
    through = flat(rows(feed, epoch=0)) + flat(rows(feed, epoch=1))[:4]
    assert sorted(through) == list(range(10))
    whole = ArrayFeed(X, Y, batch_size=2)
    assert through == flat(rows(whole))
    assert rows(feed, epoch=1)[2] == rows(whole, epoch=1)[0]


def test_transforms_draw_the_same_wherever_they_start():
    feed = ArrayFeed(X, Y, batch_size=3, transform=lambda x, rng: x + rng.random(x.shape))
    assert rows(feed, start=2) == rows(feed)[2:]
    assert rows(feed) != rows(feed, epoch=1)


def test_each_batch_of_an_epoch_draws_numbers_of_its_own():
    feed = ArrayFeed(np.zeros(6), Y[:6], batch_size=2, transform=lambda x, rng: x + rng.random(x.shape))
    assert len(set(flat(rows(feed)))) == 6


def test_generators_are_read_on_and_iterables_again():
    pairs = [(np.full(2, i), np.full(2, i)) for i in range(6)]
    generator = GeneratorFeed(iter(pairs), 2)
    assert [rows(generator, epoch=e)[0][0] for e in range(3)] == [0, 2, 4]
    again = IterableFeed(pairs)
    assert again.steps == 6
    assert rows(again, epoch=1, start=4) == [[4, 4], [5, 5]]


def test_data_that_can_start_anywhere_are_asked_to():
    class Data:
        def __iter__(self):
            raise AssertionError("nobody should draw what is thrown away")

        def batches(self, epoch, start=0):
            yield np.array([epoch, start]), np.zeros(2)

    assert rows(IterableFeed(Data()), epoch=3, start=7) == [[3, 7]]


def test_weights_by_class():
    assert weigh_classes(np.array([0, 2, 1, 2]), {2: 0.5, 0: 3}, (3,)).tolist() == [3, 0.5, 1, 0.5]
    assert weigh_classes(np.eye(3)[[0, 2]], {2: 0.5}, (3,)).tolist() == [1, 0.5]
    with pytest.raises(MinicnnError, match=r"class_weight: no such class. Expected 0 to 2, received 3"):
        weigh_classes(np.array([0]), {3: 1.0}, (3,))
    with pytest.raises(MinicnnError, match=r"the weight of class 1 must be a number. Expected at least 0"):
        weigh_classes(np.array([0]), {1: -1.0}, (3,))


@pytest.mark.parametrize(("item", "told"), [
    (np.zeros(3), "each batch must be a tuple. Expected .x, y. or .x, y, sample_weight., received ndarray"),
    ((np.zeros(3),), "received tuple of 1"),
    ((np.zeros(3), np.zeros(3), np.zeros(2)), r"one number per row. Expected \(3,\), received \(2,\)"),
    ((np.zeros(3), np.zeros(3), -np.ones(3)), "sample_weight must not be negative"),
    ((np.zeros(3), np.zeros(3), np.full(3, np.nan)), "3 of 3 values are not finite"),
])
def test_wrong_batches(item, told):
    with pytest.raises(MinicnnError, match=told):
        as_batch(item)


def test_arrays_that_do_not_fit():
    with pytest.raises(MinicnnError, match=r"x and y must be of one length, and not empty. Expected 3, received 2"):
        ArrayFeed(np.zeros(3), np.zeros(2))


def test_a_split_leaves_data_on_both_sides():
    with pytest.raises(MinicnnError, match=r"fit: validation_split leaves no data on one side. Received 0.99 of 10"):
        split((X, Y), 0.99)


@pytest.mark.parametrize(("count", "fraction", "at"), [(10, 0.3, 7), (10, 0.25, 7), (3, 0.5, 1), (8, 0.01, 7)])
def test_the_split_is_that_of_keras(count, fraction, at):
    (x1, y1), (x2, y2) = split((X[:count], Y[:count]), fraction)
    assert (x1.tolist(), x2.tolist()) == (list(range(at)), list(range(at, count)))
    assert ((y1 - x1 == 100).all(), (y2 - x2 == 100).all()) == (True, True)


# -- a sample to look at ---------------------------------------------------------------------------


def seen_rows(batches):
    return [(batch.x.tolist(), batch.y.tolist(), None if batch.weight is None else batch.weight.tolist())
            for batch in batches]


def test_a_sample_of_arrays_is_drawn_anew_each_time():
    many = np.arange(200)
    feed = ArrayFeed(many, many + 100, weight=many / 2, batch_size=7)
    sample = list(feed.sample(120, 3, 0, 0))
    assert [len(batch.x) for batch in sample] == [50, 50, 20]
    drawn = flat(batch.x.tolist() for batch in sample)
    assert len(set(drawn)) == 120
    assert all((batch.y == batch.x + 100).all() and (batch.weight == batch.x / 2).all() for batch in sample)
    assert seen_rows(feed.sample(120, 3, 0, 0)) == seen_rows(sample)
    for place in ((3, 1, 0), (3, 0, 7), (4, 0, 0)):
        assert flat(batch.x.tolist() for batch in feed.sample(120, *place)) != drawn
    assert sorted(flat(batch.x.tolist() for batch in feed.sample(500, 3, 0, 0))) == list(range(200))


def test_a_sample_is_transformed_as_the_batches_are():
    feed = ArrayFeed(X, Y, transform=lambda x, rng: x + rng.random(x.shape))
    (one,), (two,) = feed.sample(10, 1, 0, 0), feed.sample(10, 1, 0, 0)
    assert one.x.tolist() == two.x.tolist()
    assert ((one.x % 1 > 0) & (np.floor(one.x) == one.y - 100)).all()


def test_a_sample_of_batches_is_their_first_rows():
    pairs = [(X[i:i + 4], Y[i:i + 4], np.ones(len(X[i:i + 4]))) for i in range(0, 10, 4)]
    sample = IterableFeed(pairs).sample(6, 1, 0, 0)
    assert seen_rows(sample) == [([0, 1, 2, 3], [100, 101, 102, 103], [1] * 4), ([4, 5], [104, 105], [1] * 2)]
    assert sum(len(batch.x) for batch in IterableFeed(pairs).sample(99, 1, 0, 0)) == 10
    with pytest.raises(MinicnnError, match="a generator cannot give its batches again"):
        next(GeneratorFeed(iter(pairs), 2).sample(3, 1, 0, 0))


# -- several batches in one ------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("size", "start", "most"), [(1, 0, 4), (1, 3, 100), (3, 1, 2), (4, 0, 1)])
def test_runs_have_the_rows_of_their_batches(shuffle, size, start, most):
    feed = ArrayFeed(X, Y, weight=X / 2, batch_size=size, shuffle=shuffle)
    runs = list(feed.runs(5, 2, start, most))
    assert flat(run.x.tolist() for run in runs) == flat(rows(feed, 5, 2, start))
    assert [len(run.x) for run in runs[:-1]] == [size * most] * (len(runs) - 1)
    assert all((run.y == run.x + 100).all() and (run.weight == run.x / 2).all() for run in runs)


def test_runs_of_few_steps_go_on_through_the_data():
    feed = ArrayFeed(X, Y, batch_size=1, steps_per_epoch=7)
    assert flat(run.x.tolist() for run in feed.runs(5, 1, 0, 5)) == flat(rows(feed, 5, 1))


def test_a_run_is_transformed_as_a_whole_and_the_same_wherever_one_starts():
    feed = ArrayFeed(X, Y, batch_size=1, transform=lambda x, rng: x + rng.random(x.shape))
    runs = [run.x.tolist() for run in feed.runs(5, 0, 0, 4)]
    assert [run.x.tolist() for run in feed.runs(5, 0, 4, 4)] == runs[1:]
    assert all(np.modf(number)[0] > 0 for number in flat(runs))
