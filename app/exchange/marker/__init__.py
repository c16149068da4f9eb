"""The marker: a process that writes a file of rows once more, with what is wrong with it, and ends.

A hundred thousand rows take it the best part of a minute, in which nobody else has to wait.
"""
