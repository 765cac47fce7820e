"""All pictures of a model on one page.

`PICTURES` is what there is: a name, a heading, words on how to read it, and a function of a `Subject`. A picture that
cannot be made of this model (guided rules where there is no ReLU, say) is a note on the page, which tells why.
"""

from minicnn.visualize.reporting import pictures  # noqa: F401  (enters the pictures)
from minicnn.visualize.reporting.registry import PICTURES, Picture, chosen
from minicnn.visualize.reporting.subject import Subject, make
from minicnn.visualize.reporting.writing import figures, page, report

__all__ = ["PICTURES", "Picture", "Subject", "chosen", "figures", "make", "page", "report"]
