"""The table reader: a process that reads one file of rows, and ends. It knows nothing of the
service.

A workbook of two kilobytes can ask for gigabytes, and can take its reader down with it. So files
are read here, with bounded memory and time, and whatever happens is one refusal to the sender.
"""
