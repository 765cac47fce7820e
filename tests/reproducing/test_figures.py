"""Figures 5 and 6, read back."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.reproducing import figures, published, records


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_error_by_pass_has_the_papers_curve_and_the_mean_of_ours(folder):
    figure = figures.error_by_pass(folder)
    assert [axes.get_label() for axes in figure.axes] == ["whole", "close"]
    for axes in figure.axes:
        drawn = lines(axes)
        np.testing.assert_array_equal(drawn["test, the paper"][:, 1], published.TEST)
        np.testing.assert_array_equal(drawn["training, the paper"][:, 0], range(1, 22))
        np.testing.assert_allclose(drawn["test, ours"], [[1, 2.0], [2, 1.0]])  # 15,000 digits are not among them
        np.testing.assert_allclose(drawn["training, ours"], [[1, 1.0], [2, 0.5]])
        bands = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
        assert [(band.min(), band.max()) for band in bands] == [(0.45, 1.0), (0.9, 2.0)]
    assert figure.axes[1].get_ylim() == (0, figures.CLOSE)


def test_error_by_size_has_our_points_and_the_papers(folder):
    axes, = figures.error_by_size(folder).axes
    drawn = lines(axes)
    np.testing.assert_allclose(drawn["test, the paper"], [[15, 1.69], [30, 1.14], [60, 0.94]])
    bars = {bar.get_label(): bar for bar in axes.containers}
    np.testing.assert_allclose(bars["test, ours"][0].get_xydata(), [[15, 1.5], [60, 1.0]])
    np.testing.assert_allclose(bars["test, with distortions, ours"][0].get_xydata(), [[60, 0.75]])
    ends = [segment[:, 1] for segment in bars["test, ours"][2][0].get_segments()]
    np.testing.assert_allclose(ends, [[1.5, 1.5], [0.9, 1.1]])


def test_a_run_that_was_given_up_and_longer_ones(record, tmp_path, legible):
    for seed, errors in enumerate(([1.0] * 70, [95.0, 90.0])):
        run = record("curve", seed, errors=errors)
        records.write(run, tmp_path / f"{run.name}.json")
    figure = figures.error_by_pass(tmp_path, "curve")
    np.testing.assert_allclose(lines(figure.axes[0])["test, ours"][[0, 1, 2, 69], 1], [48, 45.5, 1, 1])
    legible(figure)


@pytest.mark.parametrize("draw", [figures.error_by_pass, figures.error_by_size])
def test_figures_are_legible_and_saved(draw, folder, tmp_path, legible):
    legible(draw(folder, save=tmp_path / "figure.svg"))
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")


def test_a_folder_without_runs_is_told(folder, tmp_path):
    with pytest.raises(MinicnnError, match=r"has no runs of 'curve'\. Run minicnn reproduce lenet5 --variant curve"):
        figures.error_by_pass(folder, "curve")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MinicnnError, match="has no runs of 'best'"):
        figures.error_by_size(tmp_path / "empty")
