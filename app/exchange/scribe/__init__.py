"""The scribe: a process that writes rows as a workbook or as Parquet, and ends.

A hundred thousand rows take it half a minute, in which nobody else has to wait.
"""
