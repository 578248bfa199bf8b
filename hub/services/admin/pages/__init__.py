"""The pages, a module for each place in the bar at the top."""
