"""The same ports on the MicroPython unix port: simulated chips, virtual time, real sockets."""
