"""Small helpers of the counting tests."""

import re

import pytest

from minicnn import MinicnnError


@pytest.fixture
def refuses():
    """``told`` is what must be read in the message, to the letter; `` ... `` stands for words in between."""

    def check(use, told):
        with pytest.raises(MinicnnError, match=".*".join(map(re.escape, told.split(" ... ")))):
            use()

    return check
