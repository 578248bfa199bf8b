"""What watches the platform: configuration out of settings, dashboards out of functions."""
