"""The figure that all pictures are. This module loads Matplotlib; `drawing` imports it with the first figure."""

from io import BytesIO

from matplotlib.figure import Figure


class Picture(Figure):
    """A Matplotlib figure that notebooks show when it is the last value of a cell. Matplotlib's own do so only where
    pyplot made them."""

    def _repr_png_(self) -> bytes:
        """The picture as a PNG file: the hook by which notebooks ask."""
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()
