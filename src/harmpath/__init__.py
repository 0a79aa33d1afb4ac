"""harmpath: how false data could reach a medical device's model, what it would do, and who would be hurt."""

__version__ = "0.1.0"
