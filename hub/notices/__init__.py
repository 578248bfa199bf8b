"""What a person is told while they work: that a server ends, and why.

A notice belongs to one run of one server. The steward and the culler write it, the server
asks for it, and JupyterLab shows it.
"""

from hub.notices.board import Notice, current, post, sweep, withdraw

__all__ = ["Notice", "current", "post", "sweep", "withdraw"]
