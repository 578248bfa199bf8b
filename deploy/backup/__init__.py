"""Copies of files: homes and an environment's state, encrypted, here and elsewhere."""
