"""Small helpers of the counting tests; lets the modules of this folder import one another."""

import re
import sys
from pathlib import Path

import pytest

from minicnn import MinicnnError

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def refuses():
    """``told`` is what must be read in the message, to the letter; `` ... `` stands for words in between."""

    def check(use, told):
        with pytest.raises(MinicnnError, match=".*".join(map(re.escape, told.split(" ... ")))):
            use()

    return check
