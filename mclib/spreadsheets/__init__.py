"""Workbooks of a spreadsheet program as models.

The formulas between inputs and outputs are read, folded to numbers where nothing in them
can change, and traced like any other function.
"""
