"""The admin service: people, groups, use and announcements, for those who administer.

It acts with the token of the admin who is signed in, so that the hub's own scopes decide
and the hub's own log names the person. JupyterHub's admin page stays beside it.
"""
