"""The pipeline that joins the readings of a device into risks with traces, and compares two of its versions."""
