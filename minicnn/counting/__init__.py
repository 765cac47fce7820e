"""Counting: parameters and connections of a network, with the arithmetic shown."""

from minicnn.counting.count import Count, Row, count
from minicnn.counting.rules import Arithmetic, register
from minicnn.counting.summary import summary_html, summary_text

__all__ = ["Arithmetic", "Count", "Row", "count", "register", "summary_html", "summary_text"]
