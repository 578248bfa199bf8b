"""Reports: a result or several in, one HTML page out that needs nothing else.

The page holds its charts, its script and its style, and forbids itself to ask anybody for
more: it reads the same in ten years, on a train, and as an attachment.
"""

from mclib.reports.report import Report
from mclib.reports.reporting import report

__all__ = ["Report", "report"]
