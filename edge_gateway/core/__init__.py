"""Pure parts of the gateway: what to accept, acknowledge, seal and send, and when.

No module here opens a file or a socket, reads a clock or draws a random number.
"""
