"""Automatic names of layers."""

import pytest

from minicnn.layers import naming


@pytest.mark.parametrize(("name", "words"), [
    ("Conv2D", "conv2d"), ("MaxPooling2D", "max_pooling2d"), ("TableConv2D", "table_conv2d"), ("RBF", "rbf"),
    ("InputLayer", "input_layer"), ("Dense", "dense"), ("DepthwiseConv2D", "depthwise_conv2d"),
    ("GlobalAveragePooling2D", "global_average_pooling2d"), ("Block3D", "block3d"), ("Res2Dense", "res2_dense"),
])
def test_automatic_names_are_those_of_keras(name, words, monkeypatch):
    monkeypatch.setattr(naming, "_counters", {})
    assert [naming.automatic_name(name) for _ in range(3)] == [words, f"{words}_1", f"{words}_2"]
