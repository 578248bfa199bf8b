"""What runs in the database's container: PostgreSQL, alone or in a pair, and its copies.

The image has Python and no library but its own; everything here is the standard library.
"""
