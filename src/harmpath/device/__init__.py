"""What is assessed: the device model, its project folder, and the readers of files that describe it."""
