"""Documents, views and exchange formats made from a finished assessment; one file each."""
