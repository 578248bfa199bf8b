"""Live dashboards: a model in, ordinary ipywidgets out."""

from mclib.widgets.boards import Board, board
from mclib.widgets.exploring import Explorer, explore
from mclib.widgets.state import State

__all__ = ["Board", "Explorer", "State", "board", "explore"]
